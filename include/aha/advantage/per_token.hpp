#pragma once

#include <cstddef>
#include <cstdint>
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

/// Throws `aha::error` unless the steps of one of the group's completions, of `tokens` tokens, follow one another.
inline void require_steps_in_order(const rollout_group& group, std::span<const step_score> steps, std::int64_t tokens) {
    std::int64_t last = 0;
    for (const step_score& step : steps) {
        require(step.end > last && step.end <= tokens, "a completion of ", tokens, " tokens of prompt ",
                group.prompt.index, " has a step that ends at ", step.end, " after one that ends at ", last);
        last = step.end;
    }
}

/// Numbers of a group's completions, [G], at each of their tokens, [G][T].
inline std::vector<std::vector<float>> at_each_token(const rollout_group& group, std::span<const double> numbers) {
    std::vector<std::vector<float>> all;
    for (std::size_t s = 0; s < group.completions.size(); ++s)
        all.emplace_back(group.completions[s].ids.size(), static_cast<float>(numbers[s]));
    return all;
}

}  // namespace aha::detail
