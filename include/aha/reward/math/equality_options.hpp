#pragma once

#include <aha/core/error.hpp>

namespace aha::math {

/// When two formulas say the same.
struct equality_options {
    int float_rounding = 6;      ///< decimal places that a number written with a decimal point is rounded to
    int numeric_precision = 15;  ///< decimal places to which two real constants must agree with `as_math_verify`
    bool strict = true;          ///< false: the names of variables do not matter, only their order
    bool allow_set_relation_comp = false;  ///< with `as_math_verify`: a set as the reference equals a relation too
    bool as_math_verify = false;           ///< the verdicts of Math-Verify 0.9.0, also where they are plainly wrong

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(float_rounding >= 0 && float_rounding <= 40, "float_rounding must be between 0 and 40, not ",
                float_rounding);
        require(numeric_precision >= 1 && numeric_precision <= 40, "numeric_precision must be between 1 and 40, not ",
                numeric_precision);
    }
};

}  // namespace aha::math
