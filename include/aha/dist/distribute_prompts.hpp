#pragma once

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/dist/bytes.hpp>

/// What ranks tell one another of the groups that they sampled: the completions and their scores. The prompts are
/// known to all.
namespace aha::detail {

/// Adds the completions and scores of a group.
void put_group(byte_writer& to, const rollout_group& group);

/// Takes what `put_group` added; the group's prompt is `asked`.
rollout_group get_group(byte_reader& from, prompt asked);

}  // namespace aha::detail

namespace aha {

/// Has each rank make the groups of every `size`-th prompt and gives all ranks all groups, in the prompts' order. What
/// `make` throws on one rank is thrown on every rank, as a `joint_error` that names the rank.
/// @param make `std::vector<rollout_group>(std::span<const prompt>)`: samples and scores
template <class Communicator, class Make>
std::vector<rollout_group> distribute_prompts(const Communicator& ranks, std::vector<prompt> prompts,
                                              const Make& make) {
    if (ranks.size() == 1) return make(std::span<const prompt>{prompts});
    const auto size = static_cast<std::size_t>(ranks.size());
    std::vector<prompt> mine;
    const auto failed = [&](const std::string& message) {
        detail::byte_writer told;
        told.put("rank " + std::to_string(ranks.rank()) + " of " + std::to_string(size) + ": " + message);
        return told;
    };
    for (auto i = static_cast<std::size_t>(ranks.rank()); i < prompts.size(); i += size) mine.push_back(prompts[i]);
    detail::byte_writer told;
    try {
        const std::vector<rollout_group> own =
            mine.empty() ? std::vector<rollout_group>{} : make(std::span<const prompt>{mine});
        told.put(std::string{});
        for (const rollout_group& group : own) detail::put_group(told, group);
    } catch (const std::exception& problem) {
        told = failed(problem.what());
    } catch (...) {  // or the other ranks would wait for ever
        told = failed("an exception that is no std::exception");
    }
    const std::vector<std::string> all = ranks.all_gather(told.take());
    std::vector<detail::byte_reader> readers{all.begin(), all.end()};
    for (detail::byte_reader& reader : readers)
        if (const auto problem = reader.get<std::string>(); !problem.empty()) throw joint_error{problem};
    std::vector<rollout_group> groups;
    for (std::size_t i = 0; i < prompts.size(); ++i)
        groups.push_back(detail::get_group(readers[i % size], std::move(prompts[i])));
    return groups;
}

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/dist/distribute_prompts.ipp>
#endif
