#pragma once

namespace aha::math {

/// How formulas are read.
struct parser_options {
    /// As Math-Verify 0.9.0 does, also where it is plainly wrong: numbers side by side are added, a letter before
    /// parentheses is a function, units at the end are left out.
    bool as_math_verify = false;
};

}  // namespace aha::math
