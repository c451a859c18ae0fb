#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// UTF-8 read strictly (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF.
namespace aha::utf8 {

/// What starts at some byte of a text: a character, or bytes that are none.
struct unit {
    char32_t code = 0xFFFD;  ///< U+FFFD for bytes that are no character
    std::size_t size = 0;    ///< bytes taken; 0 at the end of the text
    bool valid = false;      ///< whether it is UTF-8
};

/// What starts at byte `at`. Bytes that are no character are taken as Python's and Rust's decoders take them: as many
/// as begin some character (a maximal subpart, Unicode 3.9), at least one.
inline unit unit_at(std::string_view text, std::size_t at) {
    if (at >= text.size()) return {};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80) return {.code = lead, .size = 1, .valid = true};
    if (lead < 0xC2 || lead > 0xF4) return {.size = 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    char32_t code = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if (at + i >= text.size()) return {.size = i};
        const unsigned char next = byte(at + i);
        // The first byte after these leads has a narrower range: overlong forms, surrogates, beyond the last character.
        const unsigned char low = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (next < low || next > high) return {.size = i};
        code = code << 6 | (next & 0x3FU);
    }
    return {.code = code, .size = size, .valid = true};
}

/// `code` (at most U+10FFFF, no surrogate) as UTF-8.
inline std::string encode(char32_t code) {
    std::string text;
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0 | (code >> 12));
        tail(6), tail(0);
    } else {
        text += static_cast<char>(0xF0 | ((code >> 18) & 0x07));
        tail(12), tail(6), tail(0);
    }
    return text;
}

/// The character U+FFFD, which stands for what is no UTF-8.
inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// True if all of `text` is UTF-8.
inline bool is_valid(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        // Eight bytes of ASCII at a time.
        if (at + 8 <= text.size()) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, text.data() + at, 8);
            if ((eight & 0x8080808080808080U) == 0) {
                at += 8;
                continue;
            }
        }
        const unit next = unit_at(text, at);
        if (!next.valid) return false;
        at += next.size;
    }
    return true;
}

/// `text` with U+FFFD for whatever is no UTF-8, as Python's bytes.decode("utf-8", "replace") gives it.
inline std::string replace_invalid(std::string_view text) {
    if (is_valid(text)) return std::string{text};
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const unit next = unit_at(text, at);
        result.append(next.valid ? text.substr(at, next.size) : replacement);
        at += next.size;
    }
    return result;
}

}  // namespace aha::utf8
