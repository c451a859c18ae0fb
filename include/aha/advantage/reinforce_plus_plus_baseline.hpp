#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <aha/advantage/mean_centered.hpp>
#include <aha/advantage/per_token.hpp>
#include <aha/advantage/whiten_tokens.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `reinforce_plus_plus_baseline`.
struct reinforce_plus_plus_baseline_options {
    double epsilon = 1e-8;  ///< added to the standard deviation
    bool operator==(const reinforce_plus_plus_baseline_options&) const = default;

    /// Throws `aha::error` naming the value if it makes no sense.
    void validate() const {
        require(epsilon >= 0 && std::isfinite(epsilon), "epsilon must be 0 or more, not ", epsilon);
    }
};

/// REINFORCE++-baseline (Hu et al. 2025): score minus the mean of its group, at each token, whitened over all tokens of
/// the batch. The divergence from the reference belongs in the loss there, with `kl_estimator::k2`.
///
/// Departure: verl adds its epsilon to the variance.
class reinforce_plus_plus_baseline {
public:
    explicit reinforce_plus_plus_baseline(reinforce_plus_plus_baseline_options options = {}) : options_{options} {
        options_.validate();
    }

    const reinforce_plus_plus_baseline_options& options() const { return options_; }

    /// @return [groups][G][T], the same at every token of a completion
    token_values operator()(std::span<const rollout_group> groups) const {
        std::vector<std::vector<std::vector<double>>> values(groups.size());
        for (std::size_t g = 0; g < groups.size(); ++g) {
            detail::require_scored(groups[g]);
            const std::vector<double> centered = mean_centered{}(groups[g].scores);
            for (std::size_t s = 0; s < centered.size(); ++s)
                values[g].emplace_back(groups[g].completions[s].ids.size(), centered[s]);
        }
        return whiten_tokens(groups, values, options_.epsilon);
    }

private:
    reinforce_plus_plus_baseline_options options_;
};

}  // namespace aha
