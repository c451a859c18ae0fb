#pragma once

#include <aha/reward/math/expression.hpp>
#include <aha/core/inline.hpp>

namespace aha::math {

namespace detail {

/// How strongly an expression holds its parts together: a part that holds less gets parentheses.
AHA_INLINE int text_strength(const expression& one) {
    switch (one.kind) {
        case form::list: return 0;
        case form::relation: return 1;
        case form::join:
        case form::meet:
        case form::difference: return 2;
        case form::sum: return 3;
        case form::product: return 4;
        case form::number: return one.value < 0 ? 3 : denominator(one.value) != 1 && !one.decimal ? 4 : 7;
        case form::power: return 5;
        default: return 7;
    }
}

AHA_INLINE std::string text_in(const expression& one, int strength) {
    return text_strength(one) < strength ? "(" + to_text(one) + ")" : to_text(one);
}

AHA_INLINE std::string text_of_all(const std::vector<expression>& parts, std::string_view between, int strength) {
    std::string all;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) all += between;
        all += text_in(parts[i], strength);
    }
    return all;
}

/// A decimal number's digits; a fraction otherwise.
AHA_INLINE std::string text_of_number(const expression& one) {
    whole over = numerator(one.value), under = denominator(one.value);
    std::string tail = one.name.empty() ? "" : "_" + one.name;
    if (under == 1) return over.str() + (one.decimal ? ".0" : "") + tail;
    if (!one.decimal) return over.str() + "/" + under.str() + tail;
    int places = 0;
    while (under != 1 && places < 400) {
        over *= 10;
        const whole shared = gcd(over, under);
        over /= shared, under /= shared, ++places;
    }
    if (under != 1) return numerator(one.value).str() + "/" + denominator(one.value).str() + tail;
    const bool negative = over < 0;
    std::string digits = negative ? whole{-over}.str() : over.str();
    if (digits.size() <= static_cast<std::size_t>(places)) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, ".");
    return (negative ? "-" : "") + digits + tail;
}

AHA_INLINE std::string text_of_relation(const expression& one) {
    std::string all = text_in(one.parts.front(), 2);
    for (std::size_t i = 0; i + 1 < one.parts.size(); ++i) {
        switch (one.name[i]) {
            case relation_sign::at_most: all += " <= "; break;
            case relation_sign::at_least: all += " >= "; break;
            case relation_sign::unequal: all += " != "; break;
            default: all += std::string{" "} + one.name[i] + " ";
        }
        all += text_in(one.parts[i + 1], 2);
    }
    return all;
}

AHA_INLINE std::string text_of_sum(const expression& one) {
    std::string all;
    for (const expression& term : one.parts) {
        std::string said = text_in(term, 3);
        if (all.empty()) all = said;
        else if (said.starts_with('-')) all += " - " + said.substr(1);
        else all += " + " + said;
    }
    return all;
}

AHA_INLINE void collect_symbols(const expression& one, std::set<std::string>& names) {
    if (one.is(form::symbol) || one.is(form::text)) names.insert(one.name);
    for (const expression& part : one.parts) collect_symbols(part, names);
}

}  // namespace detail

AHA_INLINE std::set<std::string> symbols_of(const expression& one) {
    std::set<std::string> names;
    detail::collect_symbols(one, names);
    return names;
}

AHA_INLINE std::string to_text(const expression& one) {
    using detail::text_in, detail::text_of_all;
    switch (one.kind) {
        case form::number: return detail::text_of_number(one);
        case form::percent: return text_in(one.parts.front(), 5) + "%";
        case form::symbol:
        case form::text:
        case form::constant: return one.name;
        case form::sum: return detail::text_of_sum(one);
        case form::product:
            if (one.parts.size() > 1 && one.parts.front() == number(-1))
                return "-" + text_of_all({one.parts.begin() + 1, one.parts.end()}, "*", 5);
            return text_of_all(one.parts, "*", 5);
        case form::power: return text_in(one.parts[0], 6) + "^" + text_in(one.parts[1], 7);
        case form::apply:
        case form::repeated: return one.name + "(" + text_of_all(one.parts, ", ", 1) + ")";
        case form::set: return "{" + text_of_all(one.parts, ", ", 1) + "}";
        case form::list: return text_of_all(one.parts, ", ", 1);
        case form::tuple: return "(" + text_of_all(one.parts, ", ", 1) + ")";
        case form::interval: return one.name.front() + text_of_all(one.parts, ", ", 1) + one.name.back();
        case form::join: return text_of_all(one.parts, " union ", 3);
        case form::meet: return text_of_all(one.parts, " intersection ", 3);
        case form::difference: return text_of_all(one.parts, " without ", 3);
        case form::named_set: return one.name == "empty" ? "{}" : one.name;
        case form::relation: return detail::text_of_relation(one);
        case form::matrix: return "[" + text_of_all(one.parts, ", ", 1) + "]";
    }
    return {};
}

}  // namespace aha::math
