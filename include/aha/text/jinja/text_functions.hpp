#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/value.hpp>

/// Python's string functions, shared by methods (`text.upper()`) and filters (`text|upper`).
namespace aha::detail::jinja {

inline void need_ascii(std::string_view text, std::string_view what) {
    if (!is_ascii(text)) problem(what, " is supported for ASCII text only");
}

/// Whether the character belongs to a script or a set of signs that has no upper and lower case.
inline bool has_no_case(std::uint32_t code) {
    return (code >= 0x590 && code <= 0x109F) || (code >= 0x2000 && code <= 0x206F) ||
           (code >= 0x2190 && code <= 0x245F) || (code >= 0x2500 && code <= 0x2BFF) ||
           (code >= 0x2E80 && code <= 0xA63F) || (code >= 0xAC00 && code <= 0xD7FF) ||
           (code >= 0xF900 && code <= 0xFAFF) || (code >= 0xFE00 && code <= 0xFE6F) ||
           (code >= 0x1F000 && code <= 0x1FAFF) || (code >= 0x20000 && code <= 0x3FFFF);
}

/// Case is changed in ASCII only; letters with a case beyond that are a problem rather than left as they are.
inline void need_plain_case(std::string_view text, std::string_view what) {
    for (const std::string_view piece : characters(text)) {
        const std::uint32_t code = character_at(piece, 0).code;
        if (code >= 0x80 && !has_no_case(code))
            problem(what, " is not supported for text with the character \"", piece, "\"");
    }
}

inline std::string upper(std::string text) {
    need_plain_case(text, "upper");
    std::transform(text.begin(), text.end(), text.begin(), ascii_upper);
    return text;
}
inline std::string lower(std::string text) {
    need_plain_case(text, "lower");
    std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
    return text;
}
inline std::string capitalize(std::string text) {
    text = lower(std::move(text));
    if (!text.empty()) text[0] = ascii_upper(text[0]);
    return text;
}

/// Upper case after every character for which `begins_word` holds, lower case elsewhere.
template <class BeginsWord>
std::string title(std::string text, BeginsWord begins_word) {
    need_ascii(text, "title");
    bool first = true;
    for (char& c : text) {
        const char original = c;
        c = first ? ascii_upper(c) : ascii_lower(c);
        first = begins_word(original);
    }
    return text;
}
/// Python's str.title: words are runs of letters.
inline std::string title_method(std::string text) {
    return title(std::move(text), [](char c) { return !is_ascii_letter(c); });
}
/// Jinja's title filter: words begin after white space, - and brackets.
inline std::string title_filter(std::string text) {
    return title(std::move(text), [](char c) {
        return is_space(static_cast<unsigned char>(c)) || std::string_view{"-({[<"}.find(c) != std::string_view::npos;
    });
}

/// `text` without the characters in `set` (none: white space) at the ends asked for.
inline std::string strip(std::string_view text, const std::optional<value>& set, bool left, bool right) {
    const bool spaces = !set || set->is_none();
    const std::string wanted = spaces ? "" : need_text(*set, "stripping");
    const auto in_set = [&](std::uint32_t code) {
        if (spaces) return is_space(code);
        for (const std::string_view piece : characters(wanted))
            if (character_at(piece, 0).code == code) return true;
        return false;
    };
    if (left) text.remove_prefix(leading(text, in_set));
    return std::string{right ? text.substr(0, end_without_trailing(text, in_set)) : text};
}

/// str.replace: an empty `from` is found between all characters.
inline std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t limit) {
    std::string result;
    if (from.empty()) {
        for (const std::string_view piece : characters(text)) {
            if (limit != 0) grow(result, to), --limit;
            grow(result, piece);
        }
        if (limit != 0) grow(result, to);
        return result;
    }
    std::size_t at = 0;
    for (std::size_t found; limit != 0 && (found = text.find(from, at)) != std::string_view::npos; --limit) {
        grow(result, text.substr(at, found - at));
        grow(result, to);
        at = found + from.size();
    }
    return result.append(text.substr(at));
}

/// str.split and str.rsplit (`from_right`); at most `limit` cuts, negative: all.
inline std::vector<value> split(std::string_view text, const std::optional<value>& separator, std::int64_t limit,
                                bool from_right) {
    std::vector<std::string_view> pieces;
    if (separator && !separator->is_none()) {
        const std::string& mark = need_text(*separator, "splitting");
        if (mark.empty()) problem("an empty separator to split by");
        for (std::size_t at; limit != 0; --limit) {
            at = from_right ? text.rfind(mark) : text.find(mark);
            if (at == std::string_view::npos) break;
            pieces.push_back(from_right ? text.substr(at + mark.size()) : text.substr(0, at));
            text = from_right ? text.substr(0, at) : text.substr(at + mark.size());
        }
        pieces.push_back(text);
    } else {
        const auto word = [](std::uint32_t code) { return !is_space(code); };
        for (; !(text = from_right ? trim_right(text) : trim_left(text)).empty(); --limit) {
            const std::size_t size = from_right ? text.size() - end_without_trailing(text, word) : leading(text, word);
            if (limit == 0) {
                pieces.push_back(text);
                break;
            }
            pieces.push_back(from_right ? text.substr(text.size() - size) : text.substr(0, size));
            text = from_right ? text.substr(0, text.size() - size) : text.substr(size);
        }
    }
    if (from_right) std::reverse(pieces.begin(), pieces.end());
    return {pieces.begin(), pieces.end()};
}

/// str.splitlines, without the line ends.
inline std::vector<value> split_lines(std::string_view text) {
    std::vector<value> lines;
    const auto ends_line = [](std::uint32_t c) {
        return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    };
    while (!text.empty()) {
        const std::size_t size = leading(text, [&](std::uint32_t c) { return !ends_line(c); });
        lines.emplace_back(text.substr(0, size));
        text.remove_prefix(size);
        text.remove_prefix(text.starts_with("\r\n") ? 2 : character_at(text, 0).size);
    }
    return lines;
}

}  // namespace aha::detail::jinja
