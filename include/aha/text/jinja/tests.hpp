#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/letters.hpp>
#include <aha/text/jinja/names.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// `a is sameas b`: one object of Python's. Which equal numbers and texts are one, Python leaves open: where that
/// matters it is a problem.
inline bool same_object(const value& a, const value& b) {
    if (a.data().index() != b.data().index()) return false;
    if (a.is_none() || a.as_bool()) return equal(a, b);
    if (a.as_integer()) {
        if (!equal(a, b)) return false;
        if (*a.as_integer() >= -5 && *a.as_integer() <= 256) return true;
    } else if (a.as_text()) {
        if (a.as_text() == b.as_text()) return true;
        if (*a.as_text() != *b.as_text()) return false;
    } else if (a.as_number()) {
        if (!equal(a, b)) return false;
    } else {
        return !a.is_undefined() && a.as_sequence() == b.as_sequence() && a.as_mapping() == b.as_mapping() &&
               a.as_name_space() == b.as_name_space() && a.as_callable() == b.as_callable() &&
               a.as_iterator() == b.as_iterator();
    }
    problem("the test \"sameas\" of equal texts or numbers is not supported");
}

/// Whether `v is name(given)`.
inline bool passes_test(const value& v, std::string_view name, const arguments& given) {
    const auto other = [&]() -> const value& {
        if (given.positional.size() != 1 || !given.named.empty()) problem("the test \"", name, "\" takes one argument");
        return given.positional[0];
    };
    const auto alone = [&](bool result) {
        if (!given.positional.empty() || !given.named.empty()) problem("the test \"", name, "\" takes no argument");
        return result;
    };
    const auto divides = [&](const value& by) { return equal(compute("%", v, by), std::int64_t{0}); };
    const bool row = v.as_sequence() != nullptr;
    const bool counted = v.as_text() || v.as_mapping() || (row && !v.is_row(sequence::kind::view)) || v.is_undefined();
    if (name == "defined") return alone(!v.is_undefined());
    if (name == "undefined") return alone(v.is_undefined());
    if (name == "none") return alone(v.is_none());
    if (name == "boolean") return alone(v.as_bool());
    if (name == "true") return alone(v.as_bool() && *v.as_bool());
    if (name == "false") return alone(v.as_bool() && !*v.as_bool());
    if (name == "string") return alone(v.as_text());
    if (name == "number") return alone(v.as_number().has_value());
    if (name == "integer") return alone(v.as_integer() && !v.as_bool());
    if (name == "float") return alone(v.as_real());
    if (name == "mapping") return alone(v.as_mapping());
    if (name == "iterable") return alone(counted || row || v.as_iterator());
    if (name == "sequence") return alone(counted);
    if (name == "callable") return alone((v.as_callable() && v.as_callable()->call) || v.is_undefined());
    if (name == "escaped") return alone(v.is_safe());
    if (name == "lower") return alone(all_of_case(to_text(v), is_lower_case));
    if (name == "upper") return alone(all_of_case(to_text(v), is_upper_case));
    if (name == "filter") return alone(v.as_text() && is_filter_name(*v.as_text()));
    if (name == "test") return alone(v.as_text() && is_test_name(*v.as_text()));
    if (name == "odd") return alone(equal(compute("%", v, std::int64_t{2}), std::int64_t{1}));
    if (name == "even") return alone(divides(std::int64_t{2}));
    if (name == "divisibleby") return divides(other());
    if (name == "sameas") return same_object(v, other());
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
