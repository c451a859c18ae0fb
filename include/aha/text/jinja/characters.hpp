#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Text as templates see it: a row of Unicode characters, kept as UTF-8. A byte that is no UTF-8 counts as one
/// character.
namespace aha::detail::jinja {

/// One character out of UTF-8: its code point and how many bytes it takes (0 at the end of the text).
struct character {
    std::uint32_t code = 0;
    std::size_t size = 0;
};

/// The character that starts at byte `at`.
inline character character_at(std::string_view text, std::size_t at) {
    if (at >= text.size()) return {};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xF0 && lead < 0xF8   ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 1;
    if (size == 1 || at + size > text.size()) return {lead, 1};
    std::uint32_t code = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) return {lead, 1};
        code = code << 6 | (byte(at + i) & 0x3FU);
    }
    return {code, size};
}

/// The text cut into its characters.
inline std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> cut;
    for (std::size_t at = 0; at < text.size(); at += cut.back().size())
        cut.push_back(text.substr(at, character_at(text, at).size));
    return cut;
}
/// Of a text that is gone before its characters are looked at.
template <std::same_as<std::string> Text>
void characters(Text&&) = delete;

/// Calls `visit(piece, code)` for each character of the text.
template <class Visit>
void visit_characters(std::string_view text, Visit visit) {
    for (std::size_t at = 0; at < text.size();) {
        const character next = character_at(text, at);
        visit(text.substr(at, next.size), next.code);
        at += next.size;
    }
}

/// How many characters the text has.
inline std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); at += character_at(text, at).size) ++count;
    return count;
}

/// The text of character `at`, counted from the end if negative; nothing if there are not so many.
inline std::optional<std::string_view> character_number(std::string_view text, std::int64_t at) {
    if (at == -1 && !text.empty() && static_cast<unsigned char>(text.back()) < 0x80)
        return text.substr(text.size() - 1);
    if (at < 0) at += static_cast<std::int64_t>(count_characters(text));
    if (at < 0 || static_cast<std::uint64_t>(at) >= text.size()) return std::nullopt;
    std::size_t byte = 0;
    for (; at > 0 && byte < text.size(); --at) byte += character_at(text, byte).size;
    if (byte == text.size()) return std::nullopt;
    return text.substr(byte, character_at(text, byte).size);
}

/// What Python calls white space.
inline bool is_space(std::uint32_t code) {
    return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20) || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
           code == 0x205F || code == 0x3000;
}

/// How many bytes at the start of `text` are characters that satisfy `in_set`.
template <class InSet>
std::size_t leading(std::string_view text, InSet in_set) {
    std::size_t at = 0;
    for (character next; (next = character_at(text, at)).size > 0 && in_set(next.code);) at += next.size;
    return at;
}

/// The byte after the last character that does not satisfy `in_set`.
template <class InSet>
std::size_t end_without_trailing(std::string_view text, InSet in_set) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < text.size();) {
        const character next = character_at(text, at);
        at += next.size;
        if (!in_set(next.code)) kept = at;
    }
    return kept;
}

inline std::string_view trim_left(std::string_view text) { return text.substr(leading(text, is_space)); }
inline std::string_view trim_right(std::string_view text) {
    return text.substr(0, end_without_trailing(text, is_space));
}

/// `text` with every `from` (which is not empty) turned into `to`.
inline std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    std::size_t at = 0;
    for (std::size_t found; (found = text.find(from, at)) != std::string_view::npos;) {
        result.append(text.substr(at, found - at)).append(to);
        at = found + from.size();
    }
    return result.append(text.substr(at));
}

inline bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
constexpr bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace aha::detail::jinja
