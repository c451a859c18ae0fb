#pragma once

#include <optional>
#include <string_view>

#include <aha/reward/math/expression.hpp>
#include <aha/reward/math/parser_options.hpp>

namespace aha::math {

/// All of a formula in LaTeX or plain text; nothing if it is none. A list of elements, "1, 2 and 3", is one of form
/// `list`. Nothing also for what is nested deeper than 60 or has more than 4,000 tokens. Linear time.
std::optional<expression> parse_formula(std::string_view formula, const parser_options& options = {});

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/parser.ipp>
#endif
