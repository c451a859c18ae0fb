#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/reward.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/as_scores.hpp>

namespace aha {

/// Kimi k1.5's length reward (arXiv:2501.12599, section 2.3.3), to be added to the others: among the completions of one
/// prompt a right answer gets lambda = 0.5 - (length - shortest) / (longest - shortest), a wrong one min(0, lambda);
/// all get 0 where all are equally long. Right is what `correct` scores above 0. Lengths are in tokens (open-r1
/// compares characters over the whole batch).
///
/// Completions to which `correct` does not apply are left out of shortest and longest, and it does not apply to them
/// either.
template <any_reward R>
class kimi_length {
public:
    /// `correct` says whether an answer is right.
    explicit kimi_length(R correct) : correct_{std::move(correct)} {}

    std::vector<score> operator()(const prompt& asked, std::span<const completion> given) const {
        std::vector<score> scores = as_scores(correct_, asked, given);
        std::int64_t shortest = std::numeric_limits<std::int64_t>::max(), longest = 0;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (!scores[i].applicable) continue;
            shortest = std::min(shortest, num_policy_tokens(given[i]));
            longest = std::max(longest, num_policy_tokens(given[i]));
        }
        for (std::size_t i = 0; i < scores.size(); ++i) {
            // A NaN goes on, for the reward stage to complain of.
            if (!scores[i].applicable || !std::isfinite(scores[i].value)) continue;
            const bool right = scores[i].value > 0;
            double lambda = 0;
            if (longest > shortest)
                lambda = 0.5 - static_cast<double>(num_policy_tokens(given[i]) - shortest) /
                                   static_cast<double>(longest - shortest);
            scores[i] = score{right ? lambda : std::min(0.0, lambda)};
        }
        return scores;
    }

private:
    R correct_;
};

template <any_reward R>
inline constexpr bool deterministic_reward<kimi_length<R>> = deterministic_reward<R>;

}  // namespace aha
