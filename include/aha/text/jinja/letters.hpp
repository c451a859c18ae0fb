#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utf8proc.h>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/character_set.hpp>
#include <aha/text/jinja/character_tables.hpp>
#include <aha/text/jinja/characters.hpp>

/// What Python's str methods say of characters, and the changes of case that they make, for all of Unicode.
namespace aha::detail::jinja {

inline bool in_ranges(std::span<const code_range> ranges, std::uint32_t code) {
    const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                        [](std::uint32_t c, const code_range& range) { return c < range.first; });
    return after != ranges.begin() && code <= std::prev(after)->last;
}
inline utf8proc_category_t category_of(std::uint32_t code) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}
inline bool is_lower_case(std::uint32_t code) {
    static const character_set lower{"\\p{Lowercase}+"};
    return lower.contains(code);
}
inline bool is_upper_case(std::uint32_t code) {
    static const character_set upper{"\\p{Uppercase}+"};
    return upper.contains(code);
}
inline bool is_title_case(std::uint32_t code) { return category_of(code) == UTF8PROC_CATEGORY_LT; }
inline bool has_case(std::uint32_t code) { return is_lower_case(code) || is_upper_case(code) || is_title_case(code); }
inline bool is_letter(std::uint32_t code) {
    const auto category = category_of(code);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}
inline bool is_decimal(std::uint32_t code) { return category_of(code) == UTF8PROC_CATEGORY_ND; }
/// The text with its decimal digits of any script as 0 to 9.
inline std::string with_ascii_digits(std::string_view text) {
    std::string plain;
    visit_characters(text, [&](std::string_view piece, std::uint32_t code) {
        if (code < 0x80 || !is_decimal(code)) {
            plain += piece;
            return;
        }
        std::uint32_t zero = code;  // digits come in rows of ten, 0 first
        while (is_decimal(zero - 1)) --zero;
        plain += static_cast<char>('0' + (code - zero) % 10);
    });
    return plain;
}
inline bool is_digit(std::uint32_t code) { return is_decimal(code) || in_ranges(other_digits, code); }
inline bool is_numeric(std::uint32_t code) {
    const auto category = category_of(code);
    return (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) || in_ranges(other_numbers, code);
}
inline bool is_letter_or_number(std::uint32_t code) { return is_letter(code) || is_numeric(code); }
/// Whether repr shows the character as it is.
inline bool is_printable(std::uint32_t code) {
    const auto category = category_of(code);
    return code == ' ' || (category != UTF8PROC_CATEGORY_CN && category < UTF8PROC_CATEGORY_ZS);
}
/// Whether the search for the end of a word looks past the character.
inline bool is_ignored_by_case(std::uint32_t code) {
    static const character_set ignored{"\\p{Case_Ignorable}+"};
    return ignored.contains(code);
}

using code_points = std::vector<std::uint32_t>;

/// Unicode's full case folding of a character.
inline code_points folded(std::uint32_t code) {
    utf8proc_int32_t to[8] = {};
    int last_class = 0;
    const auto size =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), to, 8, UTF8PROC_CASEFOLD, &last_class);
    return {to, to + std::clamp<utf8proc_ssize_t>(size, 0, 8)};
}
inline std::uint32_t upper_of(std::uint32_t code) {
    return static_cast<std::uint32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(code)));
}
inline std::uint32_t title_of(std::uint32_t code) {
    return static_cast<std::uint32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(code)));
}
/// Appends upper case. utf8proc knows it where it is one character; where it is several (Unicode's SpecialCasing), they
/// are those of the folded ones.
inline void append_upper(std::string& text, std::uint32_t code) {
    const code_points several = folded(code);
    if (several.size() < 2 || category_of(code) == UTF8PROC_CATEGORY_LU)
        text += utf8::encode(static_cast<char32_t>(upper_of(code)));
    else
        for (const std::uint32_t c : several) text += utf8::encode(static_cast<char32_t>(upper_of(c)));
}
/// Appends title case: of several, the first letter is of upper case, and an iota after it is written below.
inline void append_title(std::string& text, std::uint32_t code) {
    constexpr std::uint32_t iota = 0x3B9, iota_below = 0x345;
    code_points several = folded(code);
    if (several.size() < 2 || category_of(code) == UTF8PROC_CATEGORY_LU || is_title_case(title_of(code))) {
        text += utf8::encode(static_cast<char32_t>(title_of(code)));
        return;
    }
    const auto first = std::ranges::find_if(several, [](std::uint32_t c) { return upper_of(c) != c; });
    const auto rest = first == several.end() ? first : std::next(first);
    std::transform(first, rest, first, upper_of);
    std::replace(rest, several.end(), iota, iota_below);
    for (const std::uint32_t c : several) text += utf8::encode(static_cast<char32_t>(c));
}
/// A capital sigma at the end of a word becomes the final sigma, and a dotted capital I keeps its dot.
inline void append_lower(std::string& text, const code_points& codes, std::size_t at) {
    const std::uint32_t code = codes[at];
    if (code == 0x3A3) {
        std::size_t before = at, after = at + 1;
        while (before > 0 && is_ignored_by_case(codes[before - 1])) --before;
        while (after < codes.size() && is_ignored_by_case(codes[after])) ++after;
        const bool ends_word =
            before > 0 && has_case(codes[before - 1]) && !(after < codes.size() && has_case(codes[after]));
        text += ends_word ? "\u03C2" : "\u03C3";
    } else if (code == 0x130) {
        text += "i\u0307";
    } else {
        text += utf8::encode(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code))));
    }
}

/// `text` with `change(result, codes, at)` for its characters; bytes that are no UTF-8 stay as they are.
template <class Change>
std::string change_characters(std::string_view text, Change change) {
    constexpr std::uint32_t no_character = 0x8000'0000;  // with the byte
    code_points codes;
    codes.reserve(count_characters(text));
    visit_characters(text, [&](std::string_view piece, std::uint32_t code) {
        codes.push_back(piece.size() == 1 && code >= 0x80 ? no_character | code : code);
    });
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < codes.size(); ++at)
        if (codes[at] >= no_character) result += static_cast<char>(codes[at] & 0xFF);
        else change(result, codes, at);
    return result;
}

inline std::string upper(std::string text) {
    if (is_ascii(text)) return std::transform(text.begin(), text.end(), text.begin(), ascii_upper), text;
    return change_characters(
        text, [](std::string& result, const code_points& codes, std::size_t at) { append_upper(result, codes[at]); });
}
inline std::string lower(std::string text) {
    if (is_ascii(text)) return std::transform(text.begin(), text.end(), text.begin(), ascii_lower), text;
    return change_characters(text, append_lower);
}
inline std::string capitalize(std::string_view text) {
    return change_characters(text, [](std::string& result, const code_points& codes, std::size_t at) {
        if (at == 0) append_title(result, codes[at]);
        else append_lower(result, codes, at);
    });
}
inline std::string swap_case(std::string_view text) {
    return change_characters(text, [](std::string& result, const code_points& codes, std::size_t at) {
        if (is_upper_case(codes[at])) append_lower(result, codes, at);
        else if (is_lower_case(codes[at])) append_upper(result, codes[at]);
        else result += utf8::encode(static_cast<char32_t>(codes[at]));
    });
}
/// Text for comparing without regard to case (Unicode's full case folding).
inline std::string fold_case(std::string_view text) {
    return change_characters(text, [](std::string& result, const code_points& codes, std::size_t at) {
        for (const std::uint32_t c : folded(codes[at])) result += utf8::encode(static_cast<char32_t>(c));
    });
}
/// Python's str.title: a letter that follows one with a case is of lower case.
inline std::string title_method(std::string_view text) {
    return change_characters(text, [](std::string& result, const code_points& codes, std::size_t at) {
        if (at > 0 && has_case(codes[at - 1])) append_lower(result, codes, at);
        else append_title(result, codes[at]);
    });
}
/// Jinja's filter title: words begin after white space, - and opening brackets.
inline std::string title_filter(std::string_view text) {
    const auto separates = [](std::uint32_t code) {
        return is_space(code) ||
               (code < 0x80 && std::string_view{"-({[<"}.find(static_cast<char>(code)) != std::string_view::npos);
    };
    std::string result;
    while (!text.empty()) {
        const std::size_t gap = leading(text, separates);
        result += text.substr(0, gap);
        text.remove_prefix(gap);
        const std::string_view word =
            text.substr(0, leading(text, [&](std::uint32_t code) { return !separates(code); }));
        text.remove_prefix(word.size());
        const std::size_t first = character_at(word, 0).size;
        result += upper(std::string{word.substr(0, first)});
        result += lower(std::string{word.substr(first)});
    }
    return result;
}

/// Whether the text has characters and `holds` is true of all of them.
template <class Holds>
bool all_characters(std::string_view text, Holds holds) {
    return !text.empty() && leading(text, holds) == text.size();
}
/// str.islower and str.isupper: some characters have a case, and all of these the `wanted` one.
template <class Wanted>
bool all_of_case(std::string_view text, Wanted wanted) {
    bool found = false;
    return leading(text, [&](std::uint32_t code) { return !has_case(code) || (wanted(code) && (found = true)); }) ==
               text.size() &&
           found;
}
/// str.istitle: letters with a case are of upper or title case exactly where a word begins.
inline bool is_title(std::string_view text) {
    bool inside = false, found = false;
    const auto fits = [&](std::uint32_t code) {
        const bool capital = is_upper_case(code) || is_title_case(code);
        const bool lower = is_lower_case(code);
        const bool good = capital ? !inside : lower ? inside : true;
        inside = capital || lower;
        found |= inside;
        return good;
    };
    return leading(text, fits) == text.size() && found;
}

}  // namespace aha::detail::jinja
