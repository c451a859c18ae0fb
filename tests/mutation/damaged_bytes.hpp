#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <tests/mutation/chances.hpp>

namespace mutation {

/// The bytes of a number as files have them.
template <class T>
std::string raw(T value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

/// Numbers at which sizes, counts, ids and offsets go wrong.
inline constexpr std::uint64_t extreme_numbers[] = {
    0,           1,          2,          7,          9,          31,       32,         127,
    128,         255,        256,        65535,      65536,      1U << 20, 1ULL << 24, 1ULL << 31,
    0xffffffffU, 1ULL << 32, 1ULL << 40, 1ULL << 62, 1ULL << 63, ~0ULL,    ~0ULL - 1,  ~0ULL >> 1};

/// Words at which readers of JSON and of templates go wrong, and some that look harmless.
inline constexpr std::string_view words[] = {"-1",
                                             "0",
                                             "1e999",
                                             "-1e999",
                                             "1e-320",
                                             "null",
                                             "true",
                                             "NaN",
                                             "Infinity",
                                             "-Infinity",
                                             "4.5",
                                             "1E400",
                                             "99999999999999999999",
                                             "-99999999999999999999",
                                             "2147483648",
                                             "-2147483649",
                                             "4294967295",
                                             "4294967296",
                                             "9223372036854775807",
                                             "9223372036854775808",
                                             "18446744073709551615",
                                             "18446744073709551616",
                                             "{",
                                             "}",
                                             "[",
                                             "]",
                                             "[[",
                                             "{{",
                                             "\"",
                                             "\"\"",
                                             "\\",
                                             "\\u0000",
                                             "\\ud800",
                                             "\\udc00",
                                             "\\ud83d\\ude00",
                                             "\\uD83D\\u0041",
                                             ":",
                                             ",",
                                             "\xef\xbb\xbf",
                                             "\r\n",
                                             "\n",
                                             "\r",
                                             "\t",
                                             std::string_view{"\0", 1},
                                             "\xff",
                                             "\xc3(",
                                             "\xe2\x82",
                                             "\xf0\x9f\x98\x80",
                                             "\xed\xa0\x80",
                                             "\xf4\x90\x80\x80",
                                             "\xcc\x81",
                                             "\xe1\x84\x80\xe1\x85\xa1",
                                             "/*",
                                             "//",
                                             "'",
                                             "-0",
                                             "00",
                                             "1.",
                                             ".5",
                                             "+1",
                                             "0x10",
                                             "undefined",
                                             "__metadata__"};

namespace detail {

/// Where a number is written in `text`, at or after `from`; npos if there is none.
inline std::size_t find_number(const std::string& text, std::size_t from) {
    const std::size_t at = text.find_first_of("0123456789", from);
    return at == std::string::npos ? text.find_first_of("0123456789") : at;
}

inline void damage_once(std::string& text, chances& chance, std::string_view other, std::size_t end) {
    const std::size_t reach = std::min(end, text.size()), at = chance.below(reach);
    switch (chance.below(12)) {
        case 0: text[at] = static_cast<char>(chance.below(256)); break;
        case 1: text[at] = static_cast<char>(text[at] ^ (1 << chance.below(8))); break;
        case 2: text.erase(at, chance.one_in(4) ? 1 + chance.below(text.size() / 4 + 1) : 1 + chance.below(8)); break;
        case 3: text.insert(at, text.substr(chance.below(reach), 1 + chance.below(64))); break;
        case 4: text.resize(at); break;
        case 5: {  // a binary number, of the width that formats have
            const std::string number = raw(chance.pick(extreme_numbers));
            const std::size_t width = std::min<std::size_t>(std::size_t{1} << chance.below(4), text.size() - at);
            text.replace(at, width, number, 0, width);
            break;
        }
        case 6: {
            const std::string_view word = chance.pick(words);
            text.replace(at, chance.one_in(2) ? 0 : std::min(word.size(), text.size() - at), word);
            break;
        }
        case 7: {  // a number that is written out
            const std::size_t digits = find_number(text, at);
            if (digits == std::string::npos || digits >= end) break;
            const std::size_t after = text.find_first_not_of("0123456789.eE+-", digits);
            text.replace(digits, std::min(after, text.size()) - digits, std::to_string(chance.pick(extreme_numbers)));
            break;
        }
        case 8: {  // the begin of one, the end of another
            if (other.empty()) break;
            text.resize(at);
            text += other.substr(chance.below(other.size()));
            break;
        }
        case 9: {  // a slice of another in the place of one
            if (other.empty()) break;
            const std::size_t size = 1 + chance.below(48);
            text.replace(at, std::min(size, text.size() - at), other.substr(chance.below(other.size()), size));
            break;
        }
        case 10: {  // many times the same
            const std::string slice = text.substr(at, 1 + chance.below(6));
            std::string run;
            for (std::size_t n = 1 + chance.below(chance.one_in(4) ? 2000 : 40); n > 0; --n) run += slice;
            text.insert(at, run);
            break;
        }
        default: std::swap(text[at], text[chance.below(reach)]);
    }
}

}  // namespace detail

/// `text` damaged in one to a few places before `end`.
/// @param other what parts are taken from, if there is such
inline std::string damaged_bytes(std::string text, chances& chance, std::string_view other = {},
                                 std::size_t end = std::string::npos) {
    for (std::size_t n = chance.few(12); n > 0 && !text.empty(); --n) detail::damage_once(text, chance, other, end);
    return text;
}

}  // namespace mutation
