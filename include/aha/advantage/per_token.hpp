#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha::detail {

/// Throws `aha::error` unless every completion of the group has its score.
inline void require_scored(const rollout_group& group) {
    require(group.scores.size() == group.completions.size(), "prompt ", group.prompt.index, " has ",
            group.completions.size(), " completions and ", group.scores.size(), " scores");
}

/// Numbers of a group's completions, [G], at each of their tokens, [G][T].
inline std::vector<std::vector<float>> at_each_token(const rollout_group& group, std::span<const double> numbers) {
    std::vector<std::vector<float>> all;
    for (std::size_t s = 0; s < group.completions.size(); ++s)
        all.emplace_back(group.completions[s].ids.size(), static_cast<float>(numbers[s]));
    return all;
}

}  // namespace aha::detail
