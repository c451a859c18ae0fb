#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/advantage/per_token.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `turn_returns`.
struct turn_returns_options {
    double discount = 1;    ///< of a reward that comes a turn later
    bool scale = true;      ///< divide by the standard deviation of the group's differences
    double epsilon = 1e-4;  ///< added to it
    bool operator==(const turn_returns_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(discount >= 0 && discount <= 1, "discount must be in [0, 1], not ", discount);
        require(epsilon >= 0 && std::isfinite(epsilon), "epsilon must be 0 or more, not ", epsilon);
    }
};

/// Compares the turns of trajectories: the return of a turn is its reward and the discounted rewards of those that
/// follow, R_k = r_k + discount R_{k+1}; its advantage, at each of the policy's tokens in it, is R_k minus the mean of
/// R_k over the group's completions that have a turn k, so that a late turn is compared with late ones. Reads
/// `score::steps`, one a turn, as `environment_reward` gives them; a completion without gets 0. The deviation is the
/// unbiased one over all turns of the group.
class turn_returns {
public:
    explicit turn_returns(turn_returns_options options = {}) : options_{options} { options_.validate(); }

    const turn_returns_options& options() const { return options_; }

    /// @return [groups][G][T]
    /// Throws `aha::error` for steps that do not fit their completion.
    token_values operator()(std::span<const rollout_group> groups) const {
        token_values all;
        for (const rollout_group& group : groups) all.push_back(of_group(group));
        return all;
    }

private:
    /// [G][T]
    std::vector<std::vector<float>> of_group(const rollout_group& group) const {
        detail::require_scored(group);
        std::vector<std::vector<double>> returns;  // [G][turns]
        for (std::size_t s = 0; s < group.completions.size(); ++s) {
            const score& given = group.scores[s];
            std::vector<double>& own = returns.emplace_back(given.applicable ? given.steps.size() : 0);
            double later = 0;
            for (std::size_t k = own.size(); k-- > 0;)
                own[k] = later = given.steps[k].value + options_.discount * later;
        }
        const double deviation = center(returns);
        const double divisor = options_.scale ? deviation + options_.epsilon : 1;

        std::vector<std::vector<float>> all;
        for (std::size_t s = 0; s < group.completions.size(); ++s) {
            std::vector<float>& tokens = all.emplace_back(group.completions[s].ids.size(), 0.0F);
            const std::vector<step_score>& steps = group.scores[s].steps;
            if (returns[s].empty()) continue;
            detail::require_steps_in_order(group, steps, std::ssize(tokens));
            std::size_t k = 0;
            for_each_policy_token(group.completions[s], [&](std::size_t t) {
                while (k < steps.size() && std::cmp_less_equal(steps[k].end, t)) ++k;
                // No difference is no advantage, not 0 / 0.
                if (k < steps.size() && returns[s][k] != 0) tokens[t] = static_cast<float>(returns[s][k] / divisor);
            });
        }
        return all;
    }

    /// Takes from the returns of each turn their mean. @return the standard deviation of all that is left
    static double center(std::vector<std::vector<double>>& returns) {
        double squares = 0, count = 0;
        for (std::size_t k = 0, more = 1; more > 0; ++k) {
            std::vector<double> of_turn;
            for (const std::vector<double>& own : returns)
                if (k < own.size()) of_turn.push_back(own[k]);
            const detail::centered_values centered{std::move(of_turn)};
            more = centered.values.size();
            auto next = centered.values.begin();
            for (std::vector<double>& own : returns)
                if (k < own.size()) own[k] = *next++, squares += own[k] * own[k], count += 1;
        }
        return count > 1 ? std::sqrt(squares / (count - 1)) : 0;
    }

    turn_returns_options options_;
};

}  // namespace aha
