#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <aha/advantage/per_token.hpp>
#include <aha/advantage/token_kl.hpp>
#include <aha/advantage/whiten_tokens.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `reinforce_plus_plus`.
struct reinforce_plus_plus_options {
    double beta = 0.01;                  ///< weight of each token's divergence; 0: no reference is kept
    kl_estimator kl = kl_estimator::k1;  ///< how it is estimated
    double gamma = 1;                    ///< discount of what comes after a token
    double epsilon = 1e-8;               ///< added to the standard deviation
    bool operator==(const reinforce_plus_plus_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(beta >= 0 && std::isfinite(beta), "beta must be 0 or more, not ", beta);
        require(gamma >= 0 && gamma <= 1, "gamma must be in [0, 1], not ", gamma);
        require(epsilon >= 0 && std::isfinite(epsilon), "epsilon must be 0 or more, not ", epsilon);
    }
};

/// REINFORCE++ (Hu et al. 2025): a token's reward is -beta times its divergence from the reference, and the last
/// token's also the score; a token's return is its reward plus gamma times the next one's return; returns are whitened
/// over all tokens of the batch. No group is compared, so one completion a question would do.
///
/// Departures: OpenRLHF clips scores to [-10, 10] and takes the biased deviation; verl adds its epsilon to the
/// variance.
class reinforce_plus_plus {
public:
    explicit reinforce_plus_plus(reinforce_plus_plus_options options = {}) : options_{options} { options_.validate(); }

    const reinforce_plus_plus_options& options() const { return options_; }
    bool needs_reference() const { return options_.beta > 0; }

    /// @return [groups][G][T]
    token_values operator()(std::span<const rollout_group> groups) const {
        std::vector<std::vector<std::vector<double>>> returns(groups.size());
        for (std::size_t g = 0; g < groups.size(); ++g) {
            detail::require_scored(groups[g]);
            for (std::size_t s = 0; s < groups[g].completions.size(); ++s)
                returns[g].push_back(returns_of(groups[g].completions[s], groups[g].scores[s]));
        }
        return whiten_tokens(groups, returns, options_.epsilon);
    }

private:
    /// [T]
    std::vector<double> returns_of(const completion& c, const score& s) const {
        std::vector<double> all(c.ids.size(), 0.0);
        if (!s.applicable) return all;
        const std::vector<double> kl = needs_reference() ? token_kl(c, options_.kl) : all;
        double later = 0;
        std::vector<segment> own = policy_segments(c);  // what an environment wrote is no step
        for (; !own.empty(); own.pop_back())
            for (auto t = static_cast<std::size_t>(own.back().end());
                 t-- > static_cast<std::size_t>(own.back().begin);) {
                const double reward = (t + 1 == all.size() ? s.value : 0) - options_.beta * kl[t];
                later = all[t] = reward + options_.gamma * later;
            }
        return all;
    }

    reinforce_plus_plus_options options_;
};

}  // namespace aha
