#pragma once

#include <cmath>
#include <cstdint>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/repeated_share.hpp>

namespace aha {

/// What counts as a repetition, and what it costs.
struct repetition_penalty_options {
    std::int64_t n = 3;                             ///< items of one n-gram
    double max_penalty = -1;                        ///< what a completion of one n-gram for ever approaches; <= 0
    repetition_unit unit = repetition_unit::token;  ///< what the items are

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(n > 0, "n must be above 0, not ", n);
        require(std::isfinite(max_penalty) && max_penalty <= 0, "max_penalty must be 0 or less, not ", max_penalty);
    }
};

/// The share of n-grams that stood there before, times a penalty (Yeo et al., arXiv:2502.03373, appendix C.2; TRL's on
/// token ids, open-r1's on words): 0 where no n-gram occurs twice and in completions of fewer than n items. To be added
/// to the others.
class repetition_penalty {
public:
    explicit repetition_penalty(repetition_penalty_options options = {}) : options_{options} { options_.validate(); }

    double operator()(const prompt&, const completion& given) const {
        const double share = repeated_share(given, options_.unit, options_.n);
        return share > 0 ? share * options_.max_penalty : 0;  // never -0
    }

    const repetition_penalty_options& options() const { return options_; }

private:
    repetition_penalty_options options_;
};

template <>
inline constexpr bool deterministic_reward<repetition_penalty> = true;

}  // namespace aha
