#pragma once

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/advantage/per_token.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `batch_normalized`.
struct batch_normalized_options {
    double epsilon = 1e-4;  ///< added to the standard deviation
    bool operator==(const batch_normalized_options&) const = default;

    /// Throws `aha::error` naming the value if it makes no sense.
    void validate() const {
        require(epsilon >= 0 && std::isfinite(epsilon), "epsilon must be 0 or more, not ", epsilon);
    }
};

/// (score - mean of its group) / (standard deviation of all scores of the batch + epsilon): groups that nearly agree
/// are not blown up (Liu et al. 2025, "Tricks or Traps"; TRL's `scale_rewards="batch"`). The deviation is the unbiased
/// one.
class batch_normalized {
public:
    explicit batch_normalized(batch_normalized_options options = {}) : options_{options} { options_.validate(); }

    const batch_normalized_options& options() const { return options_; }

    /// @return [groups][G][T], the same at every token of a completion
    token_values operator()(std::span<const rollout_group> groups) const {
        std::vector<double> scores;
        for (const rollout_group& group : groups) {
            detail::require_scored(group);
            const std::vector<double> own = detail::applicable_values(group.scores);
            scores.insert(scores.end(), own.begin(), own.end());
        }
        const double scale = detail::centered_values{std::move(scores)}.deviation() + options_.epsilon;
        token_values all;
        for (const rollout_group& group : groups)
            all.push_back(
                detail::at_each_token(group, detail::centered_scores{group.scores}.spread(group.scores.size(), scale)));
        return all;
    }

private:
    batch_normalized_options options_;
};

}  // namespace aha
