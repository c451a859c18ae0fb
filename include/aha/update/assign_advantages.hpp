#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha::detail {

/// Throws `aha::error` unless the number is finite as the float32 that it becomes.
inline void require_advantage_value(double value, const rollout_group& group, std::size_t sample) {
    require(std::isfinite(static_cast<float>(value)), "the advantage gave ", value, " for completion ", sample,
            " of prompt ", group.prompt.index, "; it must be a finite number");
}

/// Gives the group's completions the numbers that an advantage made of its scores. Throws `aha::error` unless there is
/// a finite one for each.
inline void take_advantages(rollout_group& group, std::vector<double> given) {
    require(given.size() == group.completions.size(), "the advantage gave ", given.size(), " numbers for the ",
            group.completions.size(), " scores of prompt ", group.prompt.index);
    for (std::size_t s = 0; s < given.size(); ++s) require_advantage_value(given[s], group, s);
    group.advantages = std::move(given);
}

/// The same for a batch advantage's numbers of each token, [G][T].
inline void take_token_advantages(rollout_group& group, std::vector<std::vector<float>> given) {
    require(given.size() == group.completions.size(), "the batch advantage gave ", given.size(), " rows for the ",
            group.completions.size(), " completions of prompt ", group.prompt.index);
    group.advantages.clear();
    for (std::size_t s = 0; s < given.size(); ++s) {
        require(given[s].size() == group.completions[s].ids.size(), "the batch advantage gave ", given[s].size(),
                " numbers for the ", group.completions[s].ids.size(), " tokens of completion ", s, " of prompt ",
                group.prompt.index);
        for (const float value : given[s]) require_advantage_value(value, group, s);
        group.advantages.push_back(given[s].empty() ? 0 : given[s].front());
    }
    group.token_advantages = std::move(given);
}

/// Gives every completion its advantage, or every token its own: what the user's type gives is checked before anything
/// reads it. Throws `aha::error` that names the prompt, the completion and what is wrong.
template <class Advantage>
void assign_advantages(const Advantage& advantage, std::vector<rollout_group>& groups) {
    if constexpr (batch_advantage<Advantage>) {
        token_values all = advantage(std::span<const rollout_group>{groups});
        require(all.size() == groups.size(), "the batch advantage gave numbers for ", all.size(), " of ", groups.size(),
                " groups");
        for (std::size_t g = 0; g < groups.size(); ++g) take_token_advantages(groups[g], std::move(all[g]));
    } else {
        for (rollout_group& group : groups) take_advantages(group, advantage(std::span<const score>{group.scores}));
    }
}

}  // namespace aha::detail
