#pragma once

#include <exception>
#include <utility>

#include <aha/reward/math/parser.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/math/formula_parser.hpp>
#include <aha/reward/math/trailing_units.hpp>

namespace aha::math {

AHA_INLINE std::optional<expression> parse_formula(std::string_view formula, const parser_options& options) {
    std::vector<token> tokens = tokens_of(formula, {.as_math_verify = options.as_math_verify});
    if (tokens.size() > 4000) return std::nullopt;
    if (options.as_math_verify) {  // Math-Verify sees no unit in \text{...} before white space
        const bool blank_end = !formula.empty() && (formula.back() == ' ' || formula.back() == '\n');
        tokens = detail::without_units(std::move(tokens), blank_end);
    }
    try {
        return detail::formula_parser{std::move(tokens), options}.all();
    } catch (const detail::unreadable&) {
        return std::nullopt;
    }
}

}  // namespace aha::math
