#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/value.hpp>

/// What operators mean, as in Python.
namespace aha::detail::jinja {

/// `a == b`. Numbers compare by value whatever their type; values of different types are not equal.
inline bool equal(const value& a, const value& b) {
    if (a.as_number() && b.as_number()) {
        if (a.as_integer() && b.as_integer()) return *a.as_integer() == *b.as_integer();
        return *a.as_number() == *b.as_number();
    }
    if ((a.as_text() || a.as_safe_text()) && (b.as_text() || b.as_safe_text())) return to_text(a) == to_text(b);
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
    return a.as_name_space() == b.as_name_space() && a.as_callable() == b.as_callable();
}

/// `a < b`, for numbers, strings (by code point) and lists.
inline bool less(const value& a, const value& b) {
    if (a.as_integer() && b.as_integer()) return *a.as_integer() < *b.as_integer();
    if (a.as_number() && b.as_number()) return *a.as_number() < *b.as_number();
    if (a.as_text() && b.as_text()) return *a.as_text() < *b.as_text();
    if (a.as_sequence() && b.as_sequence()) {
        const auto& left = a.as_sequence()->items;
        const auto& right = b.as_sequence()->items;
        const auto differ = std::mismatch(left.begin(), left.end(), right.begin(), right.end(), equal);
        return differ.second != right.end() && (differ.first == left.end() || less(*differ.first, *differ.second));
    }
    if (a.is_undefined()) a.refuse("comparing");
    if (b.is_undefined()) b.refuse("comparing");
    problem("a value of type ", a.type_name(), " and one of type ", b.type_name(), " cannot be compared");
}

/// What a loop over the value visits: items, characters, keys; nothing if it is undefined. An iterator is then used up,
/// as in Python: a second visit finds nothing. Where only `some` items were asked for, a second visit is refused.
inline std::vector<value> items_of(const value& v, bool some = false) {
    using reading = sequence::reading;
    if (v.is_undefined()) return {};
    if (const auto* row = v.as_sequence()) {
        if (!row->read) return row->items;
        if (*row->read == reading::part)
            problem("an iterator of which only a part was read is not supported in a second place");
        const reading before = std::exchange(*row->read, some ? reading::part : reading::all);
        return before == reading::all ? std::vector<value>{} : row->items;
    }
    std::vector<value> items;
    if (const auto* text = v.as_text()) {
        if (text->size() > 4'000'000) problem("visiting the characters of a text of ", text->size(), " bytes");
        for (const std::string_view piece : characters(*text)) items.emplace_back(piece);
    } else if (const auto* dict = v.as_mapping())
        for (const auto& entry : dict->entries) items.emplace_back(entry.first);
    else v.refuse("iterating");
    return items;
}

/// `item in container`.
inline bool contains(const value& container, const value& item) {
    if (const auto* text = container.as_text())
        return text->find(need_text(item, "\"in\" a string")) != std::string::npos;
    if (const auto* dict = container.as_mapping()) return item.as_text() && dict->find(*item.as_text());
    const auto items = items_of(container, true);
    return std::any_of(items.begin(), items.end(), [&](const value& one) { return equal(one, item); });
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
    if (operation == "//") return std::floor(a / b);
    const double rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/// `a + b` and the like, `~` included.
inline value compute(std::string_view operation, const value& a, const value& b) {
    if (operation == "~" || (operation == "+" && a.as_text() && b.as_text())) {
        std::string joined = to_text(a);
        grow(joined, to_text(b));
        return joined;
    }
    if (a.as_integer() && b.as_integer()) return whole::compute(operation, *a.as_integer(), *b.as_integer());
    if (a.as_number() && b.as_number()) return compute_real(operation, *a.as_number(), *b.as_number());
    if (operation == "+" && a.as_sequence() && b.as_sequence() && a.as_sequence()->is == b.as_sequence()->is &&
        (a.is_row(sequence::kind::list) || a.is_row(sequence::kind::tuple))) {
        sequence joined = *a.as_sequence();
        joined.items.insert(joined.items.end(), b.as_sequence()->items.begin(), b.as_sequence()->items.end());
        return joined;
    }
    if (operation == "*" && a.as_text() && b.as_integer()) {
        const std::string& text = *a.as_text();
        const std::int64_t times = std::max<std::int64_t>(0, *b.as_integer());
        std::string repeated;
        for (std::int64_t i = 0; i < times && !text.empty(); ++i) grow(repeated, text);
        return repeated;
    }
    if (operation == "*" && b.as_text() && a.as_integer()) return compute(operation, b, a);
    if (a.is_undefined()) a.refuse("\"" + std::string{operation} + "\"");
    if (b.is_undefined()) b.refuse("\"" + std::string{operation} + "\"");
    problem("\"", operation, "\" is not possible between values of type ", a.type_name(), " and ", b.type_name());
}

/// `object[index]`: undefined if there is no such item.
inline value item_of(const value& object, const value& index) {
    if (object.is_undefined() || object.as_safe_text()) object.refuse("reading an item of it");
    if (index.as_text() && object.as_mapping())
        if (const value* found = object.as_mapping()->find(*index.as_text())) return *found;
    if (index.as_integer() && (object.as_sequence() || object.as_text())) {
        const auto letters = object.as_text() ? characters(*object.as_text()) : std::vector<std::string_view>{};
        const auto* row = object.as_sequence();
        const auto size = static_cast<std::int64_t>(row ? row->items.size() : letters.size());
        const std::int64_t at = *index.as_integer() < 0 ? *index.as_integer() + size : *index.as_integer();
        const bool lazy = object.is_row(sequence::kind::iterator) || object.is_row(sequence::kind::view);
        const bool found = at >= 0 && at < size && !lazy;
        if (found && row) return row->items[static_cast<std::size_t>(at)];
        if (found) return letters[static_cast<std::size_t>(at)];
    }
    return undefined{"a value of type " + object.type_name() + " has no item " +
                     (index.is_undefined() ? "undefined" : to_repr(index))};
}

/// `object[start:stop:step]` of a list, tuple or string; a part that is none was left out.
inline value slice_of(const value& object, const value& start, const value& stop, const value& step) {
    if (!object.as_text() && !object.is_row(sequence::kind::list) && !object.is_row(sequence::kind::tuple) &&
        !object.is_row(sequence::kind::range))
        object.refuse("slicing");
    const auto items = items_of(object);
    const auto size = static_cast<std::int64_t>(items.size());
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
    std::vector<value> taken;
    if (stride > 0)
        for (std::int64_t i = from; i < to; i += std::min(stride, size))
            taken.push_back(items[static_cast<std::size_t>(i)]);
    else
        for (std::int64_t i = from; i > to; i += std::max(stride, -size))
            taken.push_back(items[static_cast<std::size_t>(i)]);
    if (const auto* row = object.as_sequence()) return sequence{row->is, std::move(taken)};
    std::string text;
    for (const value& piece : taken) text += *piece.as_text();
    return text;
}

}  // namespace aha::detail::jinja
