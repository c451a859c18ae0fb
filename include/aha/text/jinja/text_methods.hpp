#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/format_spec.hpp>
#include <aha/text/jinja/iteration.hpp>
#include <aha/text/jinja/letters.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/search.hpp>
#include <aha/text/jinja/text_functions.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

using method = value (*)(const value& self, const arguments& given);

/// Python's methods of str. What they give is plain text, also where `self` is marked as safe.
namespace text_methods {

using self = const value&;
using many = const arguments&;

/// Between what a method such as find looks: `find(sub, start, end)`.
struct window {
    std::string_view text;
    std::size_t first = 0;  ///< the number of its first character
    bool exists = true;     ///< whether the start is not behind the end
};
inline window window_of(std::string_view text, const std::optional<value>& start, const std::optional<value>& end) {
    if (!start && !end) return {text};
    const auto size = static_cast<std::int64_t>(count_characters(text));
    const auto place = [&](const std::optional<value>& given, std::int64_t otherwise) {
        if (!given || given->is_none()) return otherwise;
        const std::int64_t at = need_integer(*given, "the place where to look");
        return at < 0 ? std::max<std::int64_t>(0, at + size) : at;
    };
    const std::int64_t from = place(start, 0), to = std::min(place(end, size), size);
    if (from > to) return {{}, 0, false};
    const auto byte_of = [&](std::int64_t at) {
        const auto piece = character_number(text, at);
        return piece ? static_cast<std::size_t>(piece->data() - text.data()) : text.size();
    };
    const std::size_t begin = byte_of(from);
    return {text.substr(begin, byte_of(to) - begin), static_cast<std::size_t>(from)};
}

/// Where the text is found, by character; nothing if it is not.
inline std::optional<std::int64_t> find(self s, many a, bool last) {
    const auto given = a.take(1, 3);
    const window seen = window_of(*s.as_text(), given[1], given[2]);
    const std::string& part = need_text(*given[0], a.callee);
    if (!seen.exists) return std::nullopt;
    const std::size_t at = last ? find_last(seen.text, part) : find_first(seen.text, part);
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<std::int64_t>(seen.first + count_characters(seen.text.substr(0, at)));
}
inline value index(self s, many a, bool last) {
    const auto found = find(s, a, last);
    if (!found) problem(a.callee, ": the text is not found");
    return *found;
}
inline value count(self s, many a) {
    const auto given = a.take(1, 3);
    const window seen = window_of(*s.as_text(), given[1], given[2]);
    const std::string& part = need_text(*given[0], "count");
    if (!seen.exists) return std::int64_t{0};
    if (part.empty()) return value::count(count_characters(seen.text) + 1);
    std::size_t found = 0;
    for (std::size_t at = 0; (at = find_first(seen.text, part, at)) != std::string_view::npos; at += part.size())
        ++found;
    return value::count(found);
}
inline value starts_or_ends(self s, many a, bool (std::string_view::*fits)(std::string_view) const noexcept) {
    const auto given = a.take(1, 3);
    const window seen = window_of(*s.as_text(), given[1], given[2]);
    const auto holds = [&](const value& one) { return seen.exists && (seen.text.*fits)(need_text(one, a.callee)); };
    if (!given[0]->is_row(sequence::kind::tuple)) return holds(*given[0]);
    const auto& all = given[0]->as_sequence()->items;
    return std::any_of(all.begin(), all.end(), holds);
}

inline value texts(const std::vector<std::string_view>& pieces) { return value::list({pieces.begin(), pieces.end()}); }
inline value split(self s, many a, bool from_right) {
    const auto given = a.bind({"sep", "maxsplit"});
    const std::int64_t limit = given[1] ? need_integer(*given[1], "maxsplit") : -1;
    const auto separator = unless_none(given[0]);
    return texts(separator ? split_by(*s.as_text(), need_text(*separator, "splitting"), limit, from_right)
                           : split_words(*s.as_text(), limit, from_right));
}
inline value partition(self s, many a, bool last) {
    const std::string_view text = *s.as_text();
    const auto given = a.take(1, 1);
    const std::string& mark = need_text(*given[0], a.callee);
    if (mark.empty()) problem("an empty separator to split by");
    const std::size_t at = last ? find_last(text, mark) : find_first(text, mark);
    if (at == std::string_view::npos) return last ? value::tuple({"", "", text}) : value::tuple({text, "", ""});
    return value::tuple({text.substr(0, at), mark, text.substr(at + mark.size())});
}

inline value justified(self s, many a, char align) {
    const auto given = a.take(1, 2);
    const std::int64_t width = need_integer(*given[0], a.callee);
    const value fill = given[1].value_or(" ");
    const std::string letter = s.is_safe() ? to_markup(fill) : need_text(fill, a.callee);
    if (count_characters(letter) != 1) problem(a.callee, " fills with one character, not with ", to_repr(fill));
    if (align == '^') return center(*s.as_text(), width, letter);
    return pad(*s.as_text(), static_cast<std::size_t>(std::max<std::int64_t>(0, width)), letter, align);
}
inline value join(self s, many a) {
    const auto given = a.take(1, 1);
    std::string joined;
    bool first = true;
    reader from{*given[0]};
    while (const auto item = from.next()) {
        a.spend(1);
        if (!std::exchange(first, false)) grow(joined, *s.as_text());
        grow(joined, s.is_safe() ? to_markup(*item) : need_text(*item, "joining"));
    }
    return joined;
}
inline value replaced(self s, many a) {
    const auto given = a.take(2, 3);
    const std::string to = s.is_safe() ? to_markup(*given[1]) : need_text(*given[1], "replace");
    return replace(*s.as_text(), need_text(*given[0], "replace"), to,
                   given[2] ? need_integer(*given[2], "replace's count") : -1);
}
/// A method without arguments that changes case.
template <class Change>
value recased(self s, many a, Change change) {
    a.take(0, 0);
    a.spend(s.as_text()->size() / 2);
    return std::string{change(*s.as_text())};
}

inline const std::map<std::string_view, method>& table() {
    static const std::map<std::string_view, method> all = {
        {"upper", [](self s, many a) { return recased(s, a, upper); }},
        {"lower", [](self s, many a) { return recased(s, a, lower); }},
        {"title", [](self s, many a) { return recased(s, a, title_method); }},
        {"capitalize", [](self s, many a) { return recased(s, a, capitalize); }},
        {"swapcase", [](self s, many a) { return recased(s, a, swap_case); }},
        {"casefold", [](self s, many a) { return recased(s, a, fold_case); }},
        {"strip", [](self s, many a) -> value { return strip(*s.as_text(), a.take(0, 1)[0], true, true); }},
        {"lstrip", [](self s, many a) -> value { return strip(*s.as_text(), a.take(0, 1)[0], true, false); }},
        {"rstrip", [](self s, many a) -> value { return strip(*s.as_text(), a.take(0, 1)[0], false, true); }},
        {"split", [](self s, many a) { return split(s, a, false); }},
        {"rsplit", [](self s, many a) { return split(s, a, true); }},
        {"splitlines", [](self s, many a) { return texts(split_lines(*s.as_text(), is_on(a.bind({"keepends"})[0]))); }},
        {"partition", [](self s, many a) { return partition(s, a, false); }},
        {"rpartition", [](self s, many a) { return partition(s, a, true); }},
        {"replace", replaced},
        {"removeprefix",
         [](self s, many a) -> value {
             const std::string prefix = need_text(*a.take(1, 1)[0], "removeprefix");
             return s.as_text()->starts_with(prefix) ? s.as_text()->substr(prefix.size()) : *s.as_text();
         }},
        {"removesuffix",
         [](self s, many a) -> value {
             const std::string suffix = need_text(*a.take(1, 1)[0], "removesuffix");
             return s.as_text()->ends_with(suffix) ? s.as_text()->substr(0, s.as_text()->size() - suffix.size())
                                                   : *s.as_text();
         }},
        {"startswith", [](self s, many a) { return starts_or_ends(s, a, &std::string_view::starts_with); }},
        {"endswith", [](self s, many a) { return starts_or_ends(s, a, &std::string_view::ends_with); }},
        {"find", [](self s, many a) -> value { return find(s, a, false).value_or(-1); }},
        {"rfind", [](self s, many a) -> value { return find(s, a, true).value_or(-1); }},
        {"index", [](self s, many a) { return index(s, a, false); }},
        {"rindex", [](self s, many a) { return index(s, a, true); }},
        {"count", count},
        {"join", join},
        {"center", [](self s, many a) { return justified(s, a, '^'); }},
        {"ljust", [](self s, many a) { return justified(s, a, '<'); }},
        {"rjust", [](self s, many a) { return justified(s, a, '>'); }},
        {"zfill",
         [](self s, many a) -> value {
             return fill_with_zeros(*s.as_text(), need_integer(*a.take(1, 1)[0], "zfill"));
         }},
        {"expandtabs",
         [](self s, many a) -> value {
             const auto given = a.bind({"tabsize"});
             return expand_tabs(*s.as_text(), given[0] ? need_integer(*given[0], "expandtabs") : 8);
         }},
        {"isalpha", [](self s, many a) -> value { return a.take(0, 0), all_characters(*s.as_text(), is_letter); }},
        {"isalnum",
         [](self s, many a) -> value { return a.take(0, 0), all_characters(*s.as_text(), is_letter_or_number); }},
        {"isdecimal", [](self s, many a) -> value { return a.take(0, 0), all_characters(*s.as_text(), is_decimal); }},
        {"isdigit", [](self s, many a) -> value { return a.take(0, 0), all_characters(*s.as_text(), is_digit); }},
        {"isnumeric", [](self s, many a) -> value { return a.take(0, 0), all_characters(*s.as_text(), is_numeric); }},
        {"isspace", [](self s, many a) -> value { return a.take(0, 0), all_characters(*s.as_text(), is_space); }},
        {"isascii", [](self s, many a) -> value { return a.take(0, 0), is_ascii(*s.as_text()); }},
        {"isprintable",
         [](self s, many a) -> value {
             return a.take(0, 0), s.as_text()->empty() || all_characters(*s.as_text(), is_printable);
         }},
        {"islower", [](self s, many a) -> value { return a.take(0, 0), all_of_case(*s.as_text(), is_lower_case); }},
        {"isupper", [](self s, many a) -> value { return a.take(0, 0), all_of_case(*s.as_text(), is_upper_case); }},
        {"istitle", [](self s, many a) -> value { return a.take(0, 0), is_title(*s.as_text()); }},
    };
    return all;
}

}  // namespace text_methods

}  // namespace aha::detail::jinja
