#pragma once

#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <aha/advantage/leave_one_out.hpp>
#include <aha/advantage/per_token.hpp>
#include <aha/advantage/token_kl.hpp>
#include <aha/concepts/advantage.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `kl_in_reward`.
struct kl_in_reward_options {
    double beta = 0.05;                  ///< weight of a completion's divergence; 0: no reference is kept
    kl_estimator kl = kl_estimator::k1;  ///< how it is estimated at each token
    bool operator==(const kl_in_reward_options&) const = default;

    /// Throws `aha::error` naming the value if it makes no sense.
    void validate() const { require(beta >= 0 && std::isfinite(beta), "beta must be 0 or more, not ", beta); }
};

/// Takes beta times the divergence of a completion from the reference, the sum over its tokens, off its score before an
/// advantage compares the group. With `leave_one_out` this is RLOO (Ahmadian et al. 2024, section 3; TRL's RLOO
/// trainer). The sum grows with length: the R1 authors keep the term in the loss for that reason (DeepSeek-R1, version
/// 2, appendix A.3).
/// @tparam A compares the scores of a group
template <advantage A = leave_one_out>
class kl_in_reward {
public:
    explicit kl_in_reward(A compare = A{}, kl_in_reward_options options = {})
        : compare_{std::move(compare)}, options_{options} {
        options_.validate();
    }

    const kl_in_reward_options& options() const { return options_; }
    bool needs_reference() const { return options_.beta > 0; }

    /// @return [groups][G][T], the same at every token of a completion
    token_values operator()(std::span<const rollout_group> groups) const {
        token_values all;
        for (const rollout_group& group : groups) {
            detail::require_scored(group);
            std::vector<score> scores = group.scores;
            for (std::size_t s = 0; needs_reference() && s < scores.size(); ++s) {
                if (!scores[s].applicable) continue;
                const std::vector<double> kl = token_kl(group.completions[s], options_.kl);
                scores[s].value -= options_.beta * std::accumulate(kl.begin(), kl.end(), 0.0);
            }
            const std::vector<double> advantages = compare_(scores);
            require(advantages.size() == scores.size(), "the advantage gave ", advantages.size(), " numbers for ",
                    scores.size(), " scores");
            all.push_back(detail::at_each_token(group, advantages));
        }
        return all;
    }

private:
    A compare_;
    kl_in_reward_options options_;
};

}  // namespace aha
