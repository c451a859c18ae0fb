#pragma once

#include <cstdint>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Lengths in tokens, the end token included. The defaults are DAPO's.
struct soft_overlong_options {
    std::int64_t max_length = 20480;  ///< beyond it the penalty is whole: L_max
    std::int64_t cache = 4096;        ///< over how many tokens before it the penalty grows: L_cache; 0: none

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(max_length > 0, "max_length must be above 0, not ", max_length);
        require(cache >= 0 && cache <= max_length, "cache must be between 0 and max_length, ", max_length, ", not ",
                cache);
    }
};

/// DAPO's soft overlong punishment (arXiv:2503.14476, equation 13), to be added to the others: 0 up to
/// max_length - cache tokens, from there falling by 1 / cache a token, -1 beyond max_length.
class soft_overlong {
public:
    explicit soft_overlong(soft_overlong_options options = {}) : options_{options} { options_.validate(); }

    double operator()(const prompt&, const completion& given) const {
        const auto length = num_policy_tokens(given);
        const std::int64_t free = options_.max_length - options_.cache;
        if (length <= free) return 0;
        if (length > options_.max_length) return -1;
        return static_cast<double>(free - length) / static_cast<double>(options_.cache);
    }

    const soft_overlong_options& options() const { return options_; }

private:
    soft_overlong_options options_;
};

template <>
inline constexpr bool deterministic_reward<soft_overlong> = true;

}  // namespace aha
