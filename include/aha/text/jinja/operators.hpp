#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/iteration.hpp>
#include <aha/text/jinja/percent_format.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/search.hpp>
#include <aha/text/jinja/value.hpp>

/// What operators mean, as in Python.
namespace aha::detail::jinja {

/// `a == b`. Numbers compare by value whatever their type; values of different types are not equal.
inline bool equal(const value& a, const value& b) {
    if (a.as_number() && b.as_number()) {
        if (a.as_integer() && b.as_integer()) return *a.as_integer() == *b.as_integer();
        return *a.as_number() == *b.as_number();
    }
    if (a.as_text() && b.as_text()) return *a.as_text() == *b.as_text();
    if (a.data().index() != b.data().index()) return false;
    if (a.is_undefined() || a.is_none()) return true;
    if (const auto* row = a.as_sequence())
        return row == b.as_sequence() ||
               (row->is == b.as_sequence()->is &&
                std::equal(row->items.begin(), row->items.end(), b.as_sequence()->items.begin(),
                           b.as_sequence()->items.end(), equal));
    if (const auto* dict = a.as_mapping()) {
        const auto& other = *b.as_mapping();
        return dict->entries.size() == other.entries.size() &&
               std::all_of(dict->entries.begin(), dict->entries.end(), [&](const auto& entry) {
                   const value* found = other.find(entry.first);
                   return found && equal(entry.second, *found);
               });
    }
    return a.as_name_space() == b.as_name_space() && a.as_callable() == b.as_callable() &&
           a.as_iterator() == b.as_iterator();
}

/// `a < b`, for numbers, strings (by code point) and lists.
inline bool less(const value& a, const value& b) {
    if (a.as_integer() && b.as_integer()) return *a.as_integer() < *b.as_integer();
    if (a.as_number() && b.as_number()) return *a.as_number() < *b.as_number();
    if (a.as_text() && b.as_text()) return *a.as_text() < *b.as_text();
    if (a.is_list_or_tuple() && b.is_row(a.as_sequence()->is)) {
        const auto& left = a.as_sequence()->items;
        const auto& right = b.as_sequence()->items;
        const auto differ = std::mismatch(left.begin(), left.end(), right.begin(), right.end(), equal);
        return differ.second != right.end() && (differ.first == left.end() || less(*differ.first, *differ.second));
    }
    if (a.is_undefined()) a.refuse("comparing");
    if (b.is_undefined()) b.refuse("comparing");
    problem("a value of type ", a.type_name(), " and one of type ", b.type_name(), " cannot be compared");
}

/// `item in container`.
inline bool contains(const value& container, const value& item) {
    if (const auto* text = container.as_text())
        return find_first(*text, need_text(item, "\"in\" a string")) != std::string::npos;
    if (const auto* dict = container.as_mapping()) return dict->find(item) != nullptr;
    reader from{container};
    while (const auto one = from.next())
        if (equal(*one, item)) return true;
    return false;
}

inline bool compare(std::string_view operation, const value& a, const value& b) {
    if (operation == "==") return equal(a, b);
    if (operation == "!=") return !equal(a, b);
    if (operation == "<") return less(a, b);
    if (operation == ">") return less(b, a);
    if (operation == "<=") return less(a, b) || equal(a, b);
    if (operation == ">=") return less(b, a) || equal(a, b);
    return contains(b, a) == (operation == "in");
}

inline double power(double base, double exponent) {
    const double result = std::pow(base, exponent);
    if (!std::isfinite(result) && std::isfinite(base) && std::isfinite(exponent))
        problem("a power that is no finite number");
    return result;
}

namespace whole {  // arithmetic of ints that do not fit is a problem, never a wrong number

inline std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    if (b == 0) problem("a division by zero");
    if (b == -1 && a == INT64_MIN) problem("a number over 2^63");
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

inline std::int64_t whole_power(std::int64_t base, std::int64_t exponent) {
    std::int64_t result = 1;
    if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
    if (base == -1) return exponent % 2 ? -1 : 1;
    for (; exponent > 0; --exponent)
        if (__builtin_mul_overflow(result, base, &result)) problem("a number over 2^63");
    return result;
}

inline value compute(std::string_view operation, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    bool overflow = false;
    if (operation == "+") overflow = __builtin_add_overflow(a, b, &result);
    if (operation == "-") overflow = __builtin_sub_overflow(a, b, &result);
    if (operation == "*") overflow = __builtin_mul_overflow(a, b, &result);
    if (operation == "/") {
        if (b == 0) problem("a division by zero");
        return static_cast<double>(a) / static_cast<double>(b);
    }
    if (operation == "//") result = floor_divide(a, b);
    if (operation == "%") result = b == -1 ? 0 : a - floor_divide(a, b) * b;
    if (operation == "**") {
        if (b < 0) return power(static_cast<double>(a), static_cast<double>(b));
        result = whole_power(a, b);
    }
    if (overflow) problem("a number over 2^63");
    return result;
}

}  // namespace whole

inline value compute_real(std::string_view operation, double a, double b) {
    if (operation == "+") return a + b;
    if (operation == "-") return a - b;
    if (operation == "*") return a * b;
    if (operation == "**") return power(a, b);
    if (b == 0) problem("a division by zero");
    if (operation == "/") return a / b;
    double rest = std::fmod(a, b);
    double quotient = (a - rest) / b;
    if (rest != 0 && (rest < 0) != (b < 0)) rest += b, quotient -= 1;
    if (operation == "%") return rest == 0 ? std::copysign(0.0, b) : rest;
    const double whole = std::floor(quotient);
    return quotient == 0 ? std::copysign(0.0, a / b) : quotient - whole > 0.5 ? whole + 1 : whole;
}

/// `text * times` and `list * times`.
inline value repeat(const value& v, std::int64_t times) {
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(times, 0, longest_text + 1));
    if (const auto* text = v.as_text()) {
        std::string repeated;
        if (!text->empty()) grow(repeated, *text, count);
        return value::text(std::move(repeated), v.is_safe());
    }
    sequence repeated{v.as_sequence()->is, {}};
    const auto& items = v.as_sequence()->items;
    if (items.size() * count > 4'000'000) problem("a value of more than 4 million parts");
    for (std::size_t i = 0; i < count && !items.empty(); ++i)
        repeated.items.insert(repeated.items.end(), items.begin(), items.end());
    return repeated;
}

/// `a + b` of two texts. Where one is marked as safe, the other is escaped and the sum is safe.
inline value add_texts(const value& a, const value& b) {
    const bool safe = a.is_safe() || b.is_safe();
    std::string joined = safe ? to_markup(a) : *a.as_text();
    grow(joined, safe ? to_markup(b) : *b.as_text());
    return value::text(std::move(joined), safe);
}

/// `a + b` and the like, `~` included.
inline value compute(std::string_view operation, const value& a, const value& b) {
    if (operation == "~") {
        std::string joined = to_text(a);
        grow(joined, to_text(b));
        return joined;
    }
    if (a.as_integer() && b.as_integer()) return whole::compute(operation, *a.as_integer(), *b.as_integer());
    if (a.as_number() && b.as_number()) return compute_real(operation, *a.as_number(), *b.as_number());
    if (operation == "+" && a.as_text() && b.as_text()) return add_texts(a, b);
    if (operation == "+" && a.is_list_or_tuple() && b.is_row(a.as_sequence()->is)) {
        sequence joined{a.as_sequence()->is, a.as_sequence()->items};
        joined.items.insert(joined.items.end(), b.as_sequence()->items.begin(), b.as_sequence()->items.end());
        return joined;
    }
    if (operation == "*" && (a.as_text() || a.is_list_or_tuple()) && b.as_integer()) return repeat(a, *b.as_integer());
    if (operation == "*" && (b.as_text() || b.is_list_or_tuple()) && a.as_integer()) return repeat(b, *a.as_integer());
    if (operation == "%" && a.as_text()) return value::text(format_percent(*a.as_text(), b, a.is_safe()), a.is_safe());
    if (a.is_undefined()) a.refuse("\"" + std::string{operation} + "\"");
    if (b.is_undefined()) b.refuse("\"" + std::string{operation} + "\"");
    problem("\"", operation, "\" is not possible between values of type ", a.type_name(), " and ", b.type_name());
}

/// `object[index]`: undefined if there is no such item.
inline value item_of(const value& object, const value& index) {
    if (object.is_undefined()) object.refuse("reading an item of it");
    if (const auto* dict = object.as_mapping()) {
        if (const value* found = is_hashable(index) ? dict->find(index) : nullptr) return *found;
    } else if (index.as_integer()) {
        const std::int64_t wanted = *index.as_integer();
        const auto* row = object.as_sequence();
        if (row && row->is != sequence::kind::view) {
            const auto size = static_cast<std::int64_t>(row->items.size());
            const std::int64_t at = wanted < 0 ? wanted + size : wanted;
            if (at >= 0 && at < size) return row->items[static_cast<std::size_t>(at)];
        }
        if (const auto* text = object.as_text())
            if (const auto piece = character_number(*text, wanted))
                return value::text(std::string{*piece}, object.is_safe());
    }
    return undefined{"a value of type " + object.type_name() + " has no item " +
                     (index.is_undefined()                   ? "undefined"
                      : index.as_text() || index.as_number() ? to_repr(index)
                                                             : "of that index")};
}

/// `object[start:stop:step]` of a list, tuple or string; a part that is none was left out.
inline value slice_of(const value& object, const value& start, const value& stop, const value& step) {
    const auto* row = object.as_sequence();
    if (!object.as_text() && (!row || row->is == sequence::kind::view)) object.refuse("slicing");
    const auto letters = object.as_text() ? characters(*object.as_text()) : std::vector<std::string_view>{};
    const auto size = static_cast<std::int64_t>(row ? row->items.size() : letters.size());
    const std::int64_t stride = step.is_none() ? 1 : need_integer(step, "a slice step");
    if (stride == 0) problem("a slice step of 0");
    const std::int64_t low = stride > 0 ? 0 : -1;
    const std::int64_t high = stride > 0 ? size : size - 1;
    const auto bound = [&](const value& v, std::int64_t otherwise) {
        if (v.is_none()) return otherwise;
        const std::int64_t at = need_integer(v, "a slice bound");
        return std::clamp(at < 0 ? at + size : at, low, high);
    };
    const std::int64_t from = bound(start, stride > 0 ? low : high);
    const std::int64_t to = bound(stop, stride > 0 ? high : low);
    const std::int64_t stepped = std::clamp(stride, -size - 1, size + 1);
    std::string text;
    std::vector<value> taken;
    for (std::int64_t i = from; stride > 0 ? i < to : i > to; i += stepped)
        if (row) taken.push_back(row->items[static_cast<std::size_t>(i)]);
        else text += letters[static_cast<std::size_t>(i)];
    if (row) return sequence{row->is, std::move(taken)};
    return value::text(std::move(text), object.is_safe());
}

}  // namespace aha::detail::jinja
