#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <utility>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/as_scores.hpp>

namespace aha {

/// The bounds between which `cosine_length` moves. The defaults are TRL's.
struct cosine_length_options {
    std::int64_t max_length = 0;       ///< tokens at which the far bounds are reached; must be set
    double correct_short = 1;          ///< a right answer of no length: r_0^c
    double correct_long = 0.5;         ///< a right answer of max_length: r_L^c
    double wrong_short = -1;           ///< a wrong answer of no length: r_0^w; below wrong_long, thinking longer pays
    double wrong_long = -0.5;          ///< a wrong answer of max_length: r_L^w
    std::optional<double> exceeded{};  ///< the score of max_length tokens or more, right or wrong: r_e; empty: the
                                       ///< bound at max_length

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(max_length > 0, "max_length must be set, to a number of tokens above 0, not ", max_length);
        for (const double bound : {correct_short, correct_long, wrong_short, wrong_long, exceeded.value_or(0)})
            require(std::isfinite(bound), "the bounds must be finite, not ", bound);
    }
};

/// The cosine reward of Yeo et al. (arXiv:2502.03373, section 4.2 and appendix C.1): half a cosine over the length in
/// tokens, from one bound to another, other bounds for right than for wrong answers; right is what `correct` scores
/// above 0. Not applicable where `correct` is not.
///
/// Lengths beyond max_length count as max_length, as in TRL (open-r1's cosine comes back up there, and counts
/// characters). The paper's penalty for them is `exceeded`, off by default.
template <reward R>
class cosine_length {
public:
    /// Throws `aha::error` naming the first option that makes no sense.
    cosine_length(R correct, cosine_length_options options) : correct_{std::move(correct)}, options_{options} {
        options_.validate();
    }

    score operator()(const prompt& asked, const completion& given) const {
        score right = as_score(correct_, asked, given);
        // A NaN goes on, for the reward stage to complain of.
        if (!right.applicable || !std::isfinite(right.value)) return right;
        const auto length = num_policy_tokens(given);
        if (options_.exceeded && length >= options_.max_length) return *options_.exceeded;
        const double progress = std::min(static_cast<double>(length) / static_cast<double>(options_.max_length), 1.0);
        const double from = right.value > 0 ? options_.correct_short : options_.wrong_short;
        const double to = right.value > 0 ? options_.correct_long : options_.wrong_long;
        return to + 0.5 * (from - to) * (1 + std::cos(progress * std::numbers::pi));
    }

    const cosine_length_options& options() const { return options_; }

private:
    R correct_;
    cosine_length_options options_;
};

template <reward R>
inline constexpr bool deterministic_reward<cosine_length<R>> = deterministic_reward<R>;

}  // namespace aha
