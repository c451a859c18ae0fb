#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/search.hpp>
#include <aha/text/jinja/value.hpp>

/// Python's string functions, shared by methods (`text.strip()`) and filters (`text|trim`).
namespace aha::detail::jinja {

/// `text` without the characters in `set` (none: white space) at the ends asked for.
inline std::string strip(std::string_view text, const std::optional<value>& set, bool left, bool right) {
    const bool spaces = !set || set->is_none();
    if (!spaces && !set->as_text()) set->refuse("stripping");
    const std::string_view listed = spaces ? std::string_view{} : *set->as_text();
    std::vector<std::uint32_t> wanted;
    for (const std::string_view piece : characters(listed)) wanted.push_back(character_at(piece, 0).code);
    std::sort(wanted.begin(), wanted.end());
    const auto in_set = [&](std::uint32_t code) {
        return spaces ? is_space(code) : std::binary_search(wanted.begin(), wanted.end(), code);
    };
    if (left) text.remove_prefix(leading(text, in_set));
    return std::string{right ? text.substr(0, end_without_trailing(text, in_set)) : text};
}

/// str.replace: an empty `from` is found between all characters.
inline std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t limit) {
    std::string result;
    if (from.empty()) {
        visit_characters(text, [&](std::string_view piece, std::uint32_t) {
            if (limit != 0) grow(result, to), --limit;
            grow(result, piece);
        });
        if (limit != 0) grow(result, to);
        return result;
    }
    std::size_t at = 0;
    for (std::size_t found; limit != 0 && (found = find_first(text, from, at)) != std::string_view::npos; --limit) {
        grow(result, text.substr(at, found - at));
        grow(result, to);
        at = found + from.size();
    }
    grow(result, text.substr(at));
    return result;
}

/// The most pieces that a text is cut into.
constexpr std::size_t most_pieces = 4'000'000;
inline void check_pieces(std::size_t count) {
    if (count > most_pieces) problem("a text of more than 4 million pieces");
}

/// str.split() and str.rsplit() by white space; at most `limit` cuts, negative: all.
inline std::vector<std::string_view> split_words(std::string_view text, std::int64_t limit, bool from_right) {
    const auto inside = [](std::uint32_t code) { return !is_space(code); };
    std::vector<std::string_view> words;
    for (std::string_view rest = trim_left(text); !rest.empty(); rest = trim_left(rest)) {
        if (!from_right && limit >= 0 && words.size() == static_cast<std::size_t>(limit)) {
            words.push_back(rest);
            break;
        }
        check_pieces(words.size() + 1);
        words.push_back(rest.substr(0, leading(rest, inside)));
        rest.remove_prefix(words.back().size());
    }
    if (from_right && limit >= 0 && words.size() > static_cast<std::size_t>(limit)) {
        const std::size_t joined = words.size() - static_cast<std::size_t>(limit);  // they stay one, as they stand
        const std::string_view last = words[joined - 1];
        words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(joined));
        words.insert(words.begin(), text.substr(0, static_cast<std::size_t>(last.data() + last.size() - text.data())));
    }
    return words;
}

/// str.split and str.rsplit (`from_right`) by a separator; at most `limit` cuts, negative: all.
inline std::vector<std::string_view> split_by(std::string_view text, std::string_view separator, std::int64_t limit,
                                              bool from_right) {
    if (separator.empty()) problem("an empty separator to split by");
    std::vector<std::string_view> pieces;
    for (; limit != 0; --limit) {
        const std::size_t at = from_right ? find_last(text, separator) : find_first(text, separator);
        if (at == std::string_view::npos) break;
        check_pieces(pieces.size() + 1);
        const std::size_t after = at + separator.size();
        pieces.push_back(from_right ? text.substr(after) : text.substr(0, at));
        text = from_right ? text.substr(0, at) : text.substr(after);
    }
    pieces.push_back(text);
    if (from_right) std::reverse(pieces.begin(), pieces.end());
    return pieces;
}

/// str.splitlines, with or without the line ends.
inline std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends = false) {
    std::vector<std::string_view> lines;
    const auto inside = [](std::uint32_t c) {
        return !((c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029);
    };
    while (!text.empty()) {
        check_pieces(lines.size() + 1);
        const std::size_t size = leading(text, inside);
        const std::string_view end = text.substr(size);
        const std::size_t end_size = end.starts_with("\r\n") ? 2 : character_at(end, 0).size;
        lines.push_back(text.substr(0, size + (keep_ends ? end_size : 0)));
        text.remove_prefix(size + end_size);
    }
    return lines;
}

/// str.expandtabs.
inline std::string expand_tabs(std::string_view text, std::int64_t tab) {
    std::string expanded;
    std::int64_t column = 0;
    for (const std::string_view piece : characters(text)) {
        if (piece == "\t") {
            const std::int64_t missing = tab > 0 ? tab - column % tab : 0;
            grow(expanded, " ", static_cast<std::size_t>(missing));
            column += missing;
        } else {
            grow(expanded, piece);
            column = piece == "\n" || piece == "\r" ? 0 : column + 1;
        }
    }
    return expanded;
}

/// str.zfill.
inline std::string fill_with_zeros(std::string_view text, std::int64_t width) {
    const std::size_t sign = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
    const std::size_t size = count_characters(text);
    std::string filled{text.substr(0, sign)};
    if (width > 0 && static_cast<std::uint64_t>(width) > size)
        grow(filled, "0", static_cast<std::size_t>(width) - size);
    grow(filled, text.substr(sign));
    return filled;
}

/// str.center: where the sides cannot be equal, the left one is the longer if the width is odd.
inline std::string center(std::string_view text, std::int64_t width, std::string_view fill) {
    const std::size_t size = count_characters(text);
    std::string centered;
    const std::size_t missing =
        width > 0 && static_cast<std::uint64_t>(width) > size ? static_cast<std::size_t>(width) - size : 0;
    const std::size_t left = missing / 2 + (missing & static_cast<std::size_t>(width) & 1);
    grow(centered, fill, left);
    grow(centered, text);
    grow(centered, fill, missing - left);
    return centered;
}

}  // namespace aha::detail::jinja
