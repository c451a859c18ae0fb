#pragma once

#include <utility>
#include <vector>

#include <aha/reward/math/expression.hpp>

namespace aha::math::detail {

inline bool has_plus_minus(const expression& one) {
    if (one.is(form::apply) && (one.name == "pm" || one.name == "mp")) return true;
    for (const expression& part : one.parts)
        if (has_plus_minus(part)) return true;
    return false;
}

/// `one` with the upper or the lower signs of all its plus-minuses.
inline expression with_signs(expression one, bool upper) {
    for (expression& part : one.parts) part = with_signs(std::move(part), upper);
    if (!one.is(form::apply) || (one.name != "pm" && one.name != "mp")) return one;
    const bool plus = (one.name == "pm") == upper;
    return plus ? std::move(one.parts.front()) : negated(std::move(one.parts.front()));
}

/// The two elements that a plus-minus stands for; `one` alone where it has none.
inline std::vector<expression> both_signs(expression one) {
    std::vector<expression> all;
    if (has_plus_minus(one)) {
        all.push_back(with_signs(one, true));
        all.push_back(with_signs(std::move(one), false));
    } else {
        all.push_back(std::move(one));
    }
    return all;
}

/// Whether an expression is made of symbols alone, so that what an equation says of it is its value: x, f(x), |AB|,
/// A/B and (p, q), but not 2x.
inline bool only_symbols(const expression& one) {
    if (one.is(form::symbol) || one.is(form::text)) return true;
    if (one.is(form::power) && one.parts[1] == number(-1)) return only_symbols(one.parts[0]);
    if (one.parts.empty()) return false;
    for (const expression& part : one.parts)
        if (!only_symbols(part)) return false;
    return true;
}

}  // namespace aha::math::detail
