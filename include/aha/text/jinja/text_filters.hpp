#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/format_spec.hpp>
#include <aha/text/jinja/letters.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/percent_format.hpp>
#include <aha/text/jinja/text_functions.hpp>
#include <aha/text/jinja/value.hpp>

/// Jinja's filters of text.
namespace aha::detail::jinja::filters {

using in = const value&;
using many = const arguments&;

inline value replaced(in v, many a) {
    const auto given = a.bind({"old", "new", "count"}, 2);
    const auto count = unless_none(given[2]);
    return replace(to_text(v), to_text(*given[0]), to_text(*given[1]),
                   count ? need_integer(*count, "replace's count") : -1);
}

/// A filter without arguments that changes case and keeps safe text safe.
template <class Change>
value recased(in v, many a, Change change) {
    a.take(0, 0);
    const std::string text = to_text(v);
    a.spend(text.size() / 2);
    return value::text(change(text), v.is_safe());
}

inline value escaped(in v, many a) {
    a.take(0, 0);
    a.spend(v.reach().parts * 64);
    return value::text(to_markup(v), true);
}

inline value indent(in v, many a) {
    const auto given = a.bind({"width", "first", "blank"});
    const value width = given[0].value_or(std::int64_t{4});
    std::string margin;
    if (width.as_text()) margin = v.is_safe() ? to_markup(width) : *width.as_text();
    else grow(margin, " ", static_cast<std::size_t>(std::max<std::int64_t>(0, need_integer(width, "indent's width"))));
    const std::string text = need_text(v, "the filter indent") + '\n';
    std::string result;
    bool head = true;
    for (const std::string_view line : split_lines(text)) {
        if (!head) grow(result, "\n");
        if (head ? is_on(given[1]) : is_on(given[2]) || !line.empty()) grow(result, margin);
        grow(result, line);
        head = false;
    }
    return value::text(std::move(result), v.is_safe());
}

inline value truncated(in v, many a) {
    const auto given = a.bind({"length", "killwords", "end", "leeway"});
    const std::int64_t length = given[0] ? need_integer(*given[0], "truncate's length") : 255;
    const value end = given[2].value_or("...");
    const auto leeway_given = unless_none(given[3]);
    const std::int64_t leeway = leeway_given ? need_integer(*leeway_given, "truncate's leeway") : 5;
    const auto end_size = static_cast<std::int64_t>(count_characters(need_text(end, "truncate's end")));
    if (length < end_size || leeway < 0)
        problem("truncate needs a length of at least its end's, and a leeway of 0 or more");
    if (v.is_undefined()) return v;
    const std::string& text = need_text(v, "the filter truncate");
    const auto size = static_cast<std::int64_t>(count_characters(text));
    if (size <= length || size - length <= leeway) return v;
    const auto cut = character_number(text, length - end_size);
    std::string_view kept = std::string_view{text}.substr(0, static_cast<std::size_t>(cut->data() - text.data()));
    if (!is_on(given[1])) kept = kept.substr(0, std::min(kept.rfind(' '), kept.size()));
    return add_texts(value::text(std::string{kept}, v.is_safe()), end);
}

inline value word_count(in v, many a) {
    a.take(0, 0);
    const std::string text = to_text(v);
    a.spend(text.size() / 2);
    std::int64_t words = 0;
    bool inside = false;
    leading(text, [&](std::uint32_t code) {
        const bool letter = code == '_' || is_letter_or_number(code);
        words += letter && !inside;
        inside = letter;
        return true;
    });
    return words;
}

/// `pattern|format(given...)`, which is `pattern % given`.
inline value formatted(in v, many a) {
    if (!a.positional.empty() && !a.named.empty())
        problem("the filter format takes arguments with or without names, not both");
    mapping named;
    for (const auto& [name, content] : a.named) named.put(name, content);
    const value given = a.named.empty() ? value::tuple(a.positional) : value{std::move(named)};
    return value::text(format_percent(to_text(v), given, v.is_safe()), v.is_safe());
}

/// Text for a URL: letters, digits and "_.-~" (and "/") stay, other bytes become %XX.
inline std::string quote_for_url(std::string_view text, bool in_query) {
    std::string quoted;
    for (const char c : text) {
        const bool stays = is_ascii_letter(c) || is_ascii_digit(c) || is_one_of(c, in_query ? "_.-~" : "_.-~/");
        if (stays) grow(quoted, {&c, 1});
        else if (c == ' ' && in_query) grow(quoted, "+");
        else {
            constexpr std::string_view digits = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};
            grow(quoted, {escape, 3});
        }
    }
    return quoted;
}
inline value url_encoded(in v, many a) {
    a.take(0, 0);
    a.spend(v.reach().parts * 64);
    const bool rows = !v.as_text() && (v.as_mapping() || v.as_sequence() || v.as_iterator() || v.is_undefined());
    if (!rows) return quote_for_url(to_text(v), false);
    std::string joined;
    reader from{v};
    while (const auto item = from.next()) {
        const auto pair = v.as_mapping() ? std::vector<value>{*item, *v.as_mapping()->find(*item)} : items_of(*item);
        if (pair.size() != 2) problem("the filter urlencode needs pairs");
        if (!joined.empty()) grow(joined, "&");
        grow(joined, quote_for_url(to_text(pair[0]), true) + "=" + quote_for_url(to_text(pair[1]), true));
    }
    return joined;
}

}  // namespace aha::detail::jinja::filters
