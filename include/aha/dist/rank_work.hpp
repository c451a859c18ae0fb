#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/dist/bytes.hpp>

namespace aha {

/// Which rank takes each piece of work, so that all have about as much to do: the dearest piece goes to the rank that
/// has least so far (Graham 1969, within 4/3 of the best). Every rank computes the same answer.
/// @param costs of the pieces, [N], >= 0
/// @return [N] ranks
std::vector<int> balance_costs(std::span<const std::int64_t> costs, int ranks);

/// How trainers share work out among the ranks of a communicator, and join what came of it. With one rank all of it is
/// the identity.

/// Those of `all` that this rank works on; every rank has about the same cost.
/// @param cost of one, a whole number
template <class Communicator, class Item, class Cost>
std::vector<Item> local_shard(const Communicator& ranks, std::vector<Item> all, const Cost& cost) {
    if (ranks.size() == 1) return all;
    std::vector<std::int64_t> costs;
    for (const Item& one : all) costs.push_back(static_cast<std::int64_t>(cost(one)));
    const std::vector<int> owner = balance_costs(costs, ranks.size());
    std::vector<Item> own;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (owner[i] == ranks.rank()) own.push_back(std::move(all[i]));
    return own;
}

/// A few numbers of each rank, [ranks][N]; all ranks bring as many.
template <class Communicator>
std::vector<std::vector<double>> gather_numbers(const Communicator& ranks, const std::vector<double>& own) {
    std::vector<std::vector<double>> all;
    detail::byte_writer mine;
    mine.put(own);
    for (const std::string& bytes : ranks.all_gather(mine.take())) {
        std::vector<double>& theirs = all.emplace_back(detail::byte_reader{bytes}.get<std::vector<double>>());
        require(theirs.size() == own.size(), "the ranks of this run do not do the same: one brought ", theirs.size(),
                " numbers, rank ", ranks.rank(), " ", own.size());
    }
    return all;
}

/// The sums over ranks, added in the order of ranks: the same on each.
template <class Communicator>
std::vector<double> sum_numbers(const Communicator& ranks, std::vector<double> own) {
    if (ranks.size() == 1) return own;
    std::vector<double> sums(own.size());
    for (const std::vector<double>& numbers : gather_numbers(ranks, own))
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += numbers[i];
    return sums;
}

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/dist/rank_work.ipp>
#endif
