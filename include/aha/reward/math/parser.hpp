#pragma once

#include <optional>
#include <string_view>

#include <aha/reward/math/expression.hpp>

namespace aha::math {

/// How formulas are read.
struct parser_options {
    /// As Math-Verify 0.9.0 does, also where it is plainly wrong: numbers side by side are added, a letter before
    /// parentheses is a function, units at the end are left out.
    bool as_math_verify = false;
};

/// All of a formula in LaTeX or plain text; nothing if it is none. A list of elements, "1, 2 and 3", is one of form
/// `list`. Nothing also for what is nested deeper than 60 or has more than 4,000 tokens. Linear time.
std::optional<expression> parse_formula(std::string_view formula, const parser_options& options = {});

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/parser.ipp>
#endif
