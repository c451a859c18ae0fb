#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/advantage/per_token.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `process_advantage`.
struct process_advantage_options {
    double epsilon = 1e-4;  ///< added to the standard deviation
    double discount = 1;    ///< of what comes a step later
    bool operator==(const process_advantage_options&) const = default;

    /// Throws `aha::error` naming the value if it makes no sense.
    void validate() const {
        require(epsilon >= 0 && std::isfinite(epsilon), "epsilon must be 0 or more, not ", epsilon);
        require(discount >= 0 && discount <= 1, "discount must be in [0, 1], not ", discount);
    }
};

/// GRPO with process supervision (DeepSeekMath, section 4.1.3): the step scores of all completions of a group are
/// normalized together, (r - mean) / (standard deviation + epsilon), and a token's advantage is the sum over the steps
/// that end at it or later, each discounted by how many steps later it ends. Reads `score::steps`, not `score::value`;
/// a completion without steps gets 0. The deviation is the unbiased one, as in `group_relative`.
class process_advantage {
public:
    explicit process_advantage(process_advantage_options options = {}) : options_{options} { options_.validate(); }

    const process_advantage_options& options() const { return options_; }

    /// @return [groups][G][T]
    /// Throws `aha::error` for steps that are not in order within their completion.
    token_values operator()(std::span<const rollout_group> groups) const {
        token_values all;
        for (const rollout_group& group : groups) all.push_back(of_group(group));
        return all;
    }

private:
    /// [G][T]
    std::vector<std::vector<float>> of_group(const rollout_group& group) const {
        detail::require_scored(group);
        std::vector<double> rewards;
        for (const score& s : group.scores)
            for (std::size_t j = 0; s.applicable && j < s.steps.size(); ++j) rewards.push_back(s.steps[j].value);
        const detail::centered_values steps{std::move(rewards)};
        const double scale = steps.deviation() + options_.epsilon;

        std::vector<std::vector<float>> all;
        std::size_t first = 0;  // of the completion's steps among the group's
        for (std::size_t s = 0; s < group.completions.size(); ++s) {
            const std::vector<step_score>& own = group.scores[s].steps;
            std::vector<float>& advantages = all.emplace_back(group.completions[s].ids.size(), 0.0F);
            if (!group.scores[s].applicable) continue;
            detail::require_steps_in_order(group, own, std::ssize(advantages));
            double later = 0;
            for (std::size_t j = own.size(); j-- > 0;) {
                later = options_.discount * later + steps.scaled(first + j, scale);
                const std::int64_t begin = j == 0 ? 0 : own[j - 1].end;
                for (std::int64_t t = begin; t < own[j].end; ++t)
                    advantages[static_cast<std::size_t>(t)] = static_cast<float>(later);
            }
            first += own.size();
        }
        return all;
    }

    process_advantage_options options_;
};

}  // namespace aha
