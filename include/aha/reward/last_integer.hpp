#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace aha {

namespace detail {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Where the digits that end at `end` begin.
inline std::size_t digits_begin(std::string_view text, std::size_t end) {
    while (end > 0 && is_digit(text[end - 1])) --end;
    return end;
}

/// Whether `text[at]` is `mark` and has a digit before it.
inline bool joins_digits(std::string_view text, std::size_t at, char mark) {
    return at > 0 && text[at] == mark && is_digit(text[at - 1]);
}

/// Where the whole number that ends at `end` begins, "1,234,567" read as one number: groups of three digits after a
/// first one of one to three that does not begin with 0. Other commas separate the items of a list.
inline std::size_t whole_begin(std::string_view text, std::size_t end) {
    const std::size_t last = digits_begin(text, end);
    std::size_t begin = last, group_end = end;
    while (group_end - begin == 3 && begin > 0 && joins_digits(text, begin - 1, ',')) {
        group_end = begin - 1;
        begin = digits_begin(text, group_end);
    }
    const std::size_t first_group = group_end - begin;
    const bool list = begin > 0 && (joins_digits(text, begin - 1, ',') || joins_digits(text, begin - 1, '.'));
    const bool grouped = begin != last && first_group <= 3 && text[begin] != '0' && !list;
    return grouped ? begin : last;
}

/// Whether a minus sign ("-" or U+2212) ends at `end` that is a sign: one after a digit, a letter, a closing bracket or
/// another "-" subtracts or joins.
inline bool has_minus(std::string_view text, std::size_t end) {
    const std::string_view before = text.substr(0, end);
    const bool ascii = before.ends_with('-'), wide = before.ends_with("\u2212");
    if (!ascii && !wide) return false;
    const std::size_t at = end - (wide ? 3 : 1);
    if (at == 0) return true;
    const char left = text[at - 1];
    return !is_digit(left) && !is_letter(left) && left != ')' && left != ']' && left != '}' && left != '-';
}

}  // namespace detail

/// The last number written in `text` with ASCII digits, if it is an integer that fits 64 bits.
///
/// "-12", "1,234" and "12.00" are integers; the full stop of "It is 12." is not part of the number. The last number
/// decides: where it is 3.5, 1/2 or too large there is no answer, rather than some number before it. In "10-5" and
/// "x-5" the "-" is no sign.
///
/// The result compares with a JSON value: `last_integer(c.text) == p["answer"]`. Nothing equals no answer; a JSON
/// string equals no integer, for which see `accuracy`. Linear time.
inline std::optional<std::int64_t> last_integer(std::string_view text) {
    const auto last = text.find_last_of("0123456789");
    if (last == std::string_view::npos) return std::nullopt;
    std::size_t end = last + 1;
    std::size_t begin = detail::whole_begin(text, end);
    if (begin > 0 && text[begin - 1] == '.') {
        const char left = begin > 1 ? text[begin - 2] : ' ';
        if (detail::is_digit(left)) {  // "12.00" is 12; "12.5" and "1.2.3" are no integers
            if (text.substr(begin, end - begin).find_first_not_of('0') != std::string_view::npos) return std::nullopt;
            end = begin - 1;
            begin = detail::whole_begin(text, end);
            if (begin > 0 && text[begin - 1] == '.') return std::nullopt;
        } else if (left != '.' && !detail::is_letter(left)) {  // ".5", but neither "...5" nor "is.5"
            return std::nullopt;
        }
    }
    if (begin > 0 && detail::joins_digits(text, begin - 1, '/')) return std::nullopt;
    std::string digits = detail::has_minus(text, begin) ? "-" : "";
    for (const char c : text.substr(begin, end - begin))
        if (c != ',') digits += c;
    std::int64_t value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{}) return std::nullopt;
    return value;
}

}  // namespace aha
