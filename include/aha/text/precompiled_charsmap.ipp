#pragma once

#include <array>

#include <aha/text/precompiled_charsmap.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail::tokenizing {

/// The bytes that `text` spells in base64 with padding (RFC 4648), or nothing if it is none.
inline std::optional<std::string> from_base64(std::string_view text) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static constexpr std::array<signed char, 256> values = [] {
        std::array<signed char, 256> made{};
        made.fill(-1);
        for (std::size_t i = 0; i < digits.size(); ++i)
            made[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
        return made;
    }();
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text.substr(0, text.size() - padding)) {
        const int value = values[static_cast<unsigned char>(c)];
        if (value < 0) return std::nullopt;
        held = (held << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
        if ((bits += 6) >= 8) bytes += static_cast<char>(held >> (bits -= 8) & 0xFF);
    }
    if ((held & ((1U << bits) - 1)) != 0) return std::nullopt;  // what is left over must be 0
    return bytes;
}

AHA_INLINE precompiled_charsmap::precompiled_charsmap(const json_part& part) {
    const auto bytes = from_base64(part.text());
    require(bytes.has_value(), part.place(), " is not base64");
    const auto word = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>((*bytes)[at + i]);
        return value;
    };
    require(bytes->size() >= 4 && word(0) / 4 <= (bytes->size() - 4) / 4, part.place(), " ends within its trie");
    units_.resize(word(0) / 4);
    for (std::size_t i = 0; i < units_.size(); ++i) units_[i] = word(4 + 4 * i);
    texts_ = bytes->substr(4 + 4 * units_.size());
    require(utf8::is_valid(texts_), part.place(), " has texts that are not UTF-8");
}

AHA_INLINE std::ptrdiff_t precompiled_charsmap::count(std::string_view text) {
    std::ptrdiff_t characters = 0;
    each_character(text, [&](char32_t) { ++characters; });
    return characters;
}

AHA_INLINE std::optional<std::string_view> precompiled_charsmap::rule(std::string_view text) const {
    const auto offset = [](std::uint32_t unit) { return std::size_t{unit >> 10} << ((unit & 0x200U) >> 6); };
    if (units_.empty()) return std::nullopt;
    std::size_t place = offset(units_[0]);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == 0) break;
        place ^= byte;
        if (place >= units_.size()) return std::nullopt;
        const std::uint32_t unit = units_[place];
        if ((unit & 0x800000FFU) != byte) return std::nullopt;
        place ^= offset(unit);
        if ((unit & 0x100U) == 0) continue;
        if (place >= units_.size()) return std::nullopt;
        const std::size_t at = units_[place] & 0x7FFFFFFFU;
        // A place inside a character would not be UTF-8.
        if (at > texts_.size() || (at < texts_.size() && (static_cast<unsigned char>(texts_[at]) & 0xC0) == 0x80))
            return std::nullopt;
        const std::string_view rest = std::string_view{texts_}.substr(at);
        return rest.substr(0, rest.find('\0'));
    }
    return std::nullopt;
}

}  // namespace aha::detail::tokenizing
