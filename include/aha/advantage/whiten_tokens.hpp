#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// (x - mean) / (standard deviation + epsilon) over all tokens of the batch, so that a long completion counts more than
/// a short one. Tokens of completions whose score is not applicable, and those of an environment, do not count and get
/// 0. The deviation is the unbiased one; equal numbers give exactly 0.
/// @param values [groups][G][T] of `groups`
/// @return the same shape
inline token_values whiten_tokens(std::span<const rollout_group> groups,
                                  const std::vector<std::vector<std::vector<double>>>& values, double epsilon) {
    std::vector<double> flat;
    for (std::size_t g = 0; g < groups.size(); ++g)
        for (std::size_t s = 0; s < values[g].size(); ++s)
            if (groups[g].scores[s].applicable)
                for_each_policy_token(groups[g].completions[s],
                                      [&](std::size_t t) { flat.push_back(values[g][s].at(t)); });
    const detail::centered_values tokens{std::move(flat)};
    const double scale = tokens.deviation() + epsilon;
    token_values all(groups.size());
    std::size_t next = 0;
    for (std::size_t g = 0; g < groups.size(); ++g)
        for (std::size_t s = 0; s < values[g].size(); ++s) {
            std::vector<float>& own = all[g].emplace_back(values[g][s].size(), 0.0F);
            if (!groups[g].scores[s].applicable) continue;
            for_each_policy_token(groups[g].completions[s],
                                  [&](std::size_t t) { own[t] = static_cast<float>(tokens.scaled(next++, scale)); });
        }
    return all;
}

}  // namespace aha
