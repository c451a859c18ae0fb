#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aha/core/utf8.hpp>
#include <aha/text/nfc_tables.hpp>

namespace aha {

namespace detail::tokenizing {

/// The tables of Unicode, unpacked.
struct nfc_data {
    std::unordered_map<char32_t, std::uint8_t> classes;                 ///< canonical combining classes that are not 0
    std::unordered_map<char32_t, std::pair<char32_t, char32_t>> parts;  ///< decompositions; second 0: one part
    std::unordered_map<std::uint64_t, char32_t> wholes;                 ///< first << 32 | second -> composition

    nfc_data() {
        const std::vector<std::uint32_t> runs = unpacked(nfc_classes), entries = unpacked(nfc_decompositions);
        char32_t code = 0;
        for (std::size_t i = 0; i < runs.size(); i += 3) {
            code += runs[i];
            for (std::uint32_t n = 0; n < runs[i + 1]; ++n) classes[code++] = static_cast<std::uint8_t>(runs[i + 2]);
        }
        code = 0;
        for (std::size_t i = 0; i < entries.size(); i += 3) {
            code += entries[i];
            const char32_t first = entries[i + 1], second = entries[i + 2] / 2;
            parts[code] = {first, second};
            if (entries[i + 2] % 2 == 1) wholes[pair_key(first, second)] = code;
        }
    }

    static std::uint64_t pair_key(char32_t first, char32_t second) {
        return static_cast<std::uint64_t>(first) << 32 | second;
    }

    std::uint8_t class_of(char32_t code) const {
        const auto found = classes.find(code);
        return found == classes.end() ? std::uint8_t{0} : found->second;
    }

private:
    static std::vector<std::uint32_t> unpacked(std::string_view text) {
        std::array<std::uint32_t, 128> value{};
        for (std::size_t i = 0; i < nfc_digits.size(); ++i)
            value[static_cast<unsigned char>(nfc_digits[i])] = static_cast<std::uint32_t>(i);
        std::vector<std::uint32_t> numbers;
        std::uint32_t number = 0, shift = 0;
        for (const char c : text) {
            const std::uint32_t digit = value[static_cast<unsigned char>(c)];
            number |= (digit & 31U) << shift;
            shift += 5;
            if (digit >= 32) continue;
            numbers.push_back(number);
            number = shift = 0;
        }
        return numbers;
    }
};

inline const nfc_data& nfc_tables() {
    static const nfc_data data;
    return data;
}

/// Hangul syllables are a leading consonant, a vowel and perhaps a trailing consonant, in order (Unicode 3.12).
inline constexpr char32_t hangul_syllables = 0xAC00, hangul_leads = 0x1100, hangul_vowels = 0x1161,
                          hangul_trails = 0x11A7;
inline constexpr char32_t hangul_vowel_count = 21, hangul_trail_count = 28, hangul_syllable_count = 19 * 21 * 28;

/// The canonical parts of `code`, in full.
inline std::u32string nfc_parts(char32_t code) {
    if (code >= hangul_syllables && code < hangul_syllables + hangul_syllable_count) {
        const char32_t index = code - hangul_syllables, trail = index % hangul_trail_count;
        std::u32string parts{hangul_leads + index / (hangul_vowel_count * hangul_trail_count),
                             hangul_vowels + index / hangul_trail_count % hangul_vowel_count};
        if (trail != 0) parts += hangul_trails + trail;
        return parts;
    }
    std::u32string after;
    for (auto found = nfc_tables().parts.find(code); found != nfc_tables().parts.end();
         found = nfc_tables().parts.find(code)) {
        if (found->second.second != 0) after.insert(0, 1, found->second.second);
        code = found->second.first;
    }
    return code + after;
}

/// The one character that `first` and `second` make, or 0.
inline char32_t nfc_whole(char32_t first, char32_t second) {
    if (first - hangul_leads < 19 && second - hangul_vowels < hangul_vowel_count)
        return hangul_syllables +
               ((first - hangul_leads) * hangul_vowel_count + second - hangul_vowels) * hangul_trail_count;
    const char32_t index = first - hangul_syllables;
    if (index < hangul_syllable_count && index % hangul_trail_count == 0 && second > hangul_trails &&
        second < hangul_trails + hangul_trail_count)
        return first + (second - hangul_trails);
    const auto found = nfc_tables().wholes.find(nfc_data::pair_key(first, second));
    return found == nfc_tables().wholes.end() ? 0 : found->second;
}

}  // namespace detail::tokenizing

/// `text` (UTF-8) in Unicode's normalisation form C: canonical parts put in order and together (UAX 15).
inline std::string to_nfc(std::string_view text) {
    namespace unicode = detail::tokenizing;
    // No character below U+0300 changes, nor has a part that does, and none composes with another below it.
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0xCC; }))
        return std::string{text};
    std::u32string codes;
    std::vector<std::uint8_t> classes;
    for (std::size_t at = 0; at < text.size();) {
        const utf8::unit next = utf8::unit_at(text, at);
        at += next.size;
        for (const char32_t part : unicode::nfc_parts(next.code)) {
            codes += part;
            classes.push_back(unicode::nfc_tables().class_of(part));
        }
    }
    // Marks between two characters of class 0 are sorted by class; equal classes keep their order.
    for (std::size_t begin = 0; begin < codes.size();) {
        std::size_t end = begin;
        while (end < codes.size() && classes[end] != 0) ++end;
        if (end - begin > 1) {
            std::vector<std::pair<std::uint8_t, char32_t>> marks;
            for (std::size_t i = begin; i < end; ++i) marks.emplace_back(classes[i], codes[i]);
            std::ranges::stable_sort(marks, {}, &std::pair<std::uint8_t, char32_t>::first);
            for (std::size_t i = begin; i < end; ++i) std::tie(classes[i], codes[i]) = marks[i - begin];
        }
        begin = end + 1;
    }
    // A character joins the last one of class 0 unless something between them has class 0 or at least its own class.
    std::size_t kept = 0, starter = std::u32string::npos;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const bool blocked = starter == std::u32string::npos ||
                             (kept > starter + 1 && (classes[kept - 1] == 0 || classes[kept - 1] >= classes[i]));
        const char32_t whole = blocked ? 0 : unicode::nfc_whole(codes[starter], codes[i]);
        if (whole != 0) {
            codes[starter] = whole;
            continue;
        }
        if (classes[i] == 0) starter = kept;
        codes[kept] = codes[i];
        classes[kept++] = classes[i];
    }
    std::string result;
    for (std::size_t i = 0; i < kept; ++i) result += utf8::encode(codes[i]);
    return result;
}

}  // namespace aha
