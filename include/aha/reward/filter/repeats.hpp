#pragma once

#include <cstdint>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/repeated_share.hpp>

namespace aha {

/// How much a text may repeat itself. R1's repetition detection is not published; long n-grams tell a loop from a
/// turn of phrase.
struct repeats_options {
    std::int64_t n = 10;                           ///< items of one n-gram
    double at_most = 0.2;                          ///< share of n-grams that stood there before, in [0, 1]
    repetition_unit unit = repetition_unit::word;  ///< what the items are

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(n > 0, "n must be above 0, not ", n);
        require(at_most >= 0 && at_most <= 1, "at_most must be in [0, 1], not ", at_most);
    }
};

/// A `completion_filter` that drops what repeats itself: whose `repeated_share` is above a threshold.
class repeats {
public:
    /// Throws `aha::error` naming the first option that makes no sense.
    explicit repeats(repeats_options options = {}) : options_{options} { options_.validate(); }

    bool operator()(const prompt&, const completion& given) const {
        return repeated_share(given, options_.unit, options_.n) <= options_.at_most;
    }

    std::string_view name() const { return "repeats"; }
    /// What it was made with.
    const repeats_options& options() const { return options_; }

private:
    repeats_options options_;
};

}  // namespace aha
