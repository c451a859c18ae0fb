#pragma once

#include <string>
#include <string_view>

#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// Whether `v is name(given)`, for the tests that need no names of the template.
inline bool passes_test(const value& v, std::string_view name, const arguments& given) {
    const auto other = [&]() -> const value& {
        if (given.positional.size() != 1 || !given.named.empty()) problem("the test \"", name, "\" takes one argument");
        return given.positional[0];
    };
    const auto alone = [&](bool result) {
        if (!given.positional.empty() || !given.named.empty()) problem("the test \"", name, "\" takes no argument");
        return result;
    };
    const bool row = v.as_sequence() != nullptr;
    const bool lazy = v.is_row(sequence::kind::iterator) || v.is_row(sequence::kind::view);
    if (name == "defined") return alone(!v.is_undefined());
    if (name == "undefined") return alone(v.is_undefined());
    if (name == "none") return alone(v.is_none());
    if (name == "boolean") return alone(v.as_bool());
    if (name == "true") return alone(v.as_bool() && *v.as_bool());
    if (name == "false") return alone(v.as_bool() && !*v.as_bool());
    if (name == "string") return alone(v.as_text() || v.as_safe_text());
    if (name == "number") return alone(v.as_number().has_value());
    if (name == "integer") return alone(v.as_integer() && !v.as_bool());
    if (name == "float") return alone(v.as_real());
    if (name == "mapping") return alone(v.as_mapping());
    if (name == "iterable") return alone(v.as_text() || v.as_mapping() || row || v.is_undefined());
    if (name == "sequence") return alone(v.as_text() || v.as_mapping() || (row && !lazy) || v.is_undefined());
    if (name == "callable") return alone(v.as_callable() || v.is_undefined());
    if (name == "odd") return alone(need_integer(v, "the test \"odd\"") % 2 != 0);
    if (name == "even") return alone(need_integer(v, "the test \"even\"") % 2 == 0);
    if (name == "divisibleby") return equal(compute("%", v, other()), std::int64_t{0});
    if (name == "in") return contains(other(), v);
    if (name == "eq" || name == "equalto" || name == "==") return equal(v, other());
    if (name == "ne" || name == "!=") return !equal(v, other());
    if (name == "lt" || name == "lessthan" || name == "<") return compare("<", v, other());
    if (name == "gt" || name == "greaterthan" || name == ">") return compare(">", v, other());
    if (name == "le" || name == "<=") return compare("<=", v, other());
    if (name == "ge" || name == ">=") return compare(">=", v, other());
    problem("the test \"", name, "\" is not supported");
}

}  // namespace aha::detail::jinja
