#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utf8proc.h>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/aligned_text.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/normal_forms.hpp>

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

/// The rewriting rules that a SentencePiece model carries ("precompiled_charsmap"): a double-array trie over bytes
/// (the layout of Darts-clone), whose values are places in a row of texts that end with 0.
class precompiled_charsmap {
public:
    /// `part` is the base64 text: a 32-bit size, that many bytes of the trie's units, then the texts. Throws
    /// `aha::error` naming what is wrong.
    explicit precompiled_charsmap(const json_part& part) {
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

    /// Rewrites each grapheme of fewer than 6 bytes that a rule begins, and of the others each character, as the
    /// library `tokenizers` does: the shortest rule counts, and stands for all of the grapheme.
    template <class Text>
    void operator()(Text& text) const {
        bool modified = false;
        std::vector<std::pair<char32_t, int>> changes;
        const auto replace = [&](std::string_view old) {
            const auto found = rule(old);
            if (!found) return false;
            modified = true;
            const std::ptrdiff_t before = count(old), after = count(*found);
            std::ptrdiff_t place = 0;
            each_character(*found, [&](char32_t code) { changes.emplace_back(code, place++ < before ? 0 : 1); });
            if (after < before && !changes.empty()) changes.back().second += static_cast<int>(after - before);
            return true;
        };
        const auto rewrite_grapheme = [&](std::string_view grapheme) {
            if (grapheme.size() < 6 && replace(grapheme)) return;
            for (std::size_t at = 0; at < grapheme.size();) {
                const utf8::unit next = utf8::unit_at(grapheme, at);
                if (!replace(grapheme.substr(at, next.size))) changes.emplace_back(next.code, 0);
                at += next.size;
            }
        };
        const std::string_view all = text.text;
        std::size_t begin = 0, at = 0;
        utf8proc_int32_t state = 0, last = 0;
        while (at < all.size()) {
            const utf8::unit next = utf8::unit_at(all, at);
            const utf8proc_int32_t code = as_utf8proc(next.code);
            if (at > 0 && utf8proc_grapheme_break_stateful(last, code, &state)) {
                rewrite_grapheme(all.substr(begin, at - begin));
                begin = at;
            }
            last = code;
            at += next.size;
        }
        if (begin < all.size()) rewrite_grapheme(all.substr(begin));
        if (!modified) return;
        rewrite(text, 0, [&](std::string_view, auto put) {
            for (const auto& [code, change] : changes) put(code, change);
        });
    }

private:
    static std::ptrdiff_t count(std::string_view text) {
        std::ptrdiff_t characters = 0;
        each_character(text, [&](char32_t) { ++characters; });
        return characters;
    }

    /// What the shortest rule that `text` begins with says. A damaged trie leads nowhere, or to any text.
    std::optional<std::string_view> rule(std::string_view text) const {
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

    std::vector<std::uint32_t> units_;
    std::string texts_;
};

}  // namespace aha::detail::tokenizing
