#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <aha/files/utf8.hpp>

/// The byte alphabet of GPT-2: each byte has a printable character, so that a vocabulary of byte strings can be written
/// as text. Printable Latin-1 bytes stand for themselves; the others, in order, are U+0100, U+0101, ...
/// (Radford et al. 2019, bytes_to_unicode).
namespace aha::byte_alphabet {

/// The character of each byte, [256].
inline constexpr std::array<char16_t, 256> characters = [] {
    std::array<char16_t, 256> table{};
    char16_t next = 0x100;
    for (std::size_t byte = 0; byte < 256; ++byte) {
        const bool itself = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        table[byte] = itself ? static_cast<char16_t>(byte) : next++;
    }
    return table;
}();

/// The byte of each character below U+0180, or -1, [384].
inline constexpr std::array<short, 0x180> bytes = [] {
    std::array<short, 0x180> table{};
    table.fill(-1);
    for (std::size_t byte = 0; byte < 256; ++byte) table[characters[byte]] = static_cast<short>(byte);
    return table;
}();

/// `text` with each byte written as its character.
inline std::string spell(std::string_view text) {
    std::string result;
    result.reserve(text.size() * 2);
    for (const char c : text) result += utf8::encode(characters[static_cast<unsigned char>(c)]);
    return result;
}

/// The bytes that `spelling` (UTF-8) stands for, or nothing if a character of it stands for no byte.
inline std::optional<std::string> read(std::string_view spelling) {
    std::string result;
    for (std::size_t at = 0; at < spelling.size();) {
        const utf8::unit next = utf8::unit_at(spelling, at);
        if (!next.valid || next.code >= bytes.size() || bytes[next.code] < 0) return std::nullopt;
        result += static_cast<char>(bytes[next.code]);
        at += next.size;
    }
    return result;
}

}  // namespace aha::byte_alphabet
