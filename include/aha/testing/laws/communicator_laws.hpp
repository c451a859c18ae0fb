#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <aha/concepts/communicator.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of a communicator, whose ranks are threads here:
///
///     struct my_case {
///         struct place { my_communicator join(int rank) const; };  // called by as many threads, each once
///         static place open(int ranks);
///     };
namespace aha::testing::communicator_laws {

namespace detail {

constexpr int ranks = 3;

/// `body(communicator)` on each rank's thread; the first complaint in the order of ranks. One that throws has one, too.
template <class Case, class Body>
std::string on_ranks(int count, const Body& body) {
    const auto place = Case::open(count);
    std::vector<std::string> said(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < count; ++rank)
        threads.emplace_back([&, rank] {
            try {
                const auto communicator = place.join(rank);
                said[static_cast<std::size_t>(rank)] = body(communicator);
            } catch (const std::exception& problem) {
                said[static_cast<std::size_t>(rank)] = problem.what();
            }
        });
    for (std::thread& thread : threads) thread.join();
    for (int rank = 0; rank < count; ++rank)
        if (const std::string& one = said[static_cast<std::size_t>(rank)]; !one.empty())
            return sentence("rank ", rank, " of ", count, ": ", one);
    return {};
}

/// Numbers of one rank whose sum depends on the order in which they are added.
inline at::Tensor numbers_of(int rank) {
    at::Tensor numbers = at::full({37}, 0.0F);
    for (std::int64_t i = 0; i < numbers.numel(); ++i)
        numbers[i] = std::pow(10.0, (rank * 5 + i) % 9 - 4) * (rank % 2 == 0 ? 1.1 : -0.7);
    return numbers;
}

/// What rank `rank` says: of unequal lengths, with any bytes, one of them nothing.
inline std::string words_of(int rank) {
    return rank == 1 ? std::string{} : std::string(static_cast<std::size_t>(rank) * 40, '\0') + std::to_string(rank);
}

inline std::string bytes_of(const at::Tensor& tensor) {
    return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

}  // namespace detail

/// Each process is another rank, and all agree on how many there are.
template <class Case>
std::string numbers_its_ranks() {
    for (const int count : {1, detail::ranks}) {
        std::array<int, detail::ranks> seen{};
        std::string problem = detail::on_ranks<Case>(count, [&](const auto& c) -> std::string {
            if (c.size() != count) return sentence("says that there are ", c.size());
            if (c.rank() < 0 || c.rank() >= count) return sentence("is rank ", c.rank());
            ++seen[static_cast<std::size_t>(c.rank())];  // each its own, unless the law is broken
            return {};
        });
        for (int rank = 0; rank < count && problem.empty(); ++rank)
            if (seen[static_cast<std::size_t>(rank)] != 1)
                problem = sentence(seen[static_cast<std::size_t>(rank)], " of ", count, " are rank ", rank);
        if (!problem.empty()) return problem;
    }
    return {};
}

/// A sum is the sum, in place, of floats and of whole numbers.
template <class Case>
std::string adds_up() {
    return detail::on_ranks<Case>(detail::ranks, [](const auto& c) -> std::string {
        const at::Tensor numbers = detail::numbers_of(c.rank()), whole = at::full({3}, c.rank() + 1, at::kLong);
        c.all_reduce(numbers);
        c.all_reduce(whole);
        at::Tensor expected = at::full({37}, 0.0, at::kDouble), size = at::full({37}, 0.0, at::kDouble);
        for (int r = 0; r < detail::ranks; ++r) {
            expected += detail::numbers_of(r);
            size += detail::numbers_of(r).abs();
        }
        for (std::int64_t i = 0; i < 37; ++i)
            if (const double off = numbers[i].item<double>() - expected[i].item<double>();
                !(std::abs(off) <= 1e-6 * size[i].item<double>()))
                return sentence("the sum is off by ", off);
        if (whole[2].item<std::int64_t>() != detail::ranks * (detail::ranks + 1) / 2)
            return "whole numbers do not add up";
        return {};
    });
}

/// Every rank holds the same bits of a sum: weights that differ in their last bit drift apart.
template <class Case>
std::string sums_to_the_same_bits() {
    std::array<std::string, detail::ranks> held;
    const std::string problem = detail::on_ranks<Case>(detail::ranks, [&](const auto& c) -> std::string {
        const at::Tensor numbers = detail::numbers_of(c.rank());
        c.all_reduce(numbers);
        held[static_cast<std::size_t>(c.rank())] = detail::bytes_of(numbers);
        return {};
    });
    for (const std::string& one : held)
        if (problem.empty() && one != held.front()) return "two ranks hold different bits of one sum";
    return problem;
}

/// A broadcast gives all what one has, whichever it is.
template <class Case>
std::string gives_all_what_one_has() {
    return detail::on_ranks<Case>(detail::ranks, [](const auto& c) -> std::string {
        for (int from = 0; from < detail::ranks; ++from) {
            const at::Tensor numbers = detail::numbers_of(c.rank());
            c.broadcast(numbers, from);
            if (detail::bytes_of(numbers) != detail::bytes_of(detail::numbers_of(from)))
                return sentence("did not get what rank ", from, " has");
        }
        return {};
    });
}

/// Bytes arrive whole, in the order of ranks, also where a rank has none.
template <class Case>
std::string gathers_in_order() {
    return detail::on_ranks<Case>(detail::ranks, [](const auto& c) -> std::string {
        const std::vector<std::string> all = c.all_gather(detail::words_of(c.rank()));
        if (all.size() != detail::ranks) return sentence("gathered ", all.size(), " instead of ", detail::ranks);
        for (int r = 0; r < detail::ranks; ++r)
            if (all[static_cast<std::size_t>(r)] != detail::words_of(r))
                return sentence("rank ", r, " said other bytes");
        return {};
    });
}

/// A copy joins the same ranks: trainers hold copies.
template <class Case>
std::string is_shared_by_its_copies() {
    return detail::on_ranks<Case>(detail::ranks, [](const auto& c) -> std::string {
        const auto copy = c;
        const at::Tensor one = at::full({1}, 1.0F);
        c.all_reduce(one);
        copy.all_reduce(one);
        if (one.template item<float>() != detail::ranks * detail::ranks) return "a copy sums otherwise";
        return copy.rank() == c.rank() ? "" : "a copy is another rank";
    });
}

/// One rank alone changes nothing.
template <class Case>
std::string leaves_one_rank_alone() {
    return detail::on_ranks<Case>(1, [](const auto& c) -> std::string {
        const at::Tensor numbers = detail::numbers_of(0);
        c.all_reduce(numbers);
        c.broadcast(numbers, 0);
        if (detail::bytes_of(numbers) != detail::bytes_of(detail::numbers_of(0))) return "changes a tensor";
        return c.all_gather("abc") == std::vector<std::string>{"abc"} ? "" : "changes bytes";
    });
}

/// All of them.
template <class Case>
constexpr std::array<law, 7> all() {
    return {{{"numbers_its_ranks", numbers_its_ranks<Case>},
             {"adds_up", adds_up<Case>},
             {"sums_to_the_same_bits", sums_to_the_same_bits<Case>},
             {"gives_all_what_one_has", gives_all_what_one_has<Case>},
             {"gathers_in_order", gathers_in_order<Case>},
             {"is_shared_by_its_copies", is_shared_by_its_copies<Case>},
             {"leaves_one_rank_alone", leaves_one_rank_alone<Case>}}};
}

}  // namespace aha::testing::communicator_laws
