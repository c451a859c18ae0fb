#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <aha/reward/repeated_share.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/trimmed.hpp>
#include <aha/text/script.hpp>

namespace aha::detail {

/// The text cut into what `repetition_unit::word` says, equal pieces with equal numbers.
inline std::vector<token_id> numbered_words(std::string_view text) {
    std::unordered_map<std::string, token_id> numbers;
    std::vector<token_id> items;
    std::string piece;
    const auto end_piece = [&] {
        if (piece.empty()) return;
        items.push_back(numbers.try_emplace(piece, static_cast<token_id>(numbers.size())).first->second);
        piece.clear();
    };
    for (std::size_t at = 0; at < text.size();) {
        const utf8::unit next = utf8::unit_at(text, at);
        const bool alone = next.valid && is_unspaced(script_of(next.code));
        const bool white = next.code == 0x3000 || (next.code < 0x80 && white_space.find(text[at]) != std::string::npos);
        if (alone || white) end_piece();
        if (!white)
            for (const char c : text.substr(at, next.size))
                piece += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (alone) end_piece();
        at += next.size;
    }
    end_piece();
    return items;
}

AHA_INLINE double repeated_share(std::span<const token_id> items, std::size_t n) {
    if (items.size() < n) return 0;
    std::vector<std::size_t> begins(items.size() - n + 1);
    std::iota(begins.begin(), begins.end(), std::size_t{0});
    const auto gram = [&](std::size_t begin) { return items.subspan(begin, n); };
    std::sort(begins.begin(), begins.end(), [&](std::size_t a, std::size_t b) {
        return std::lexicographical_compare(gram(a).begin(), gram(a).end(), gram(b).begin(), gram(b).end());
    });
    const auto different = std::unique(begins.begin(), begins.end(), [&](std::size_t a, std::size_t b) {
        return std::equal(gram(a).begin(), gram(a).end(), gram(b).begin());
    });
    return 1 - static_cast<double>(different - begins.begin()) / static_cast<double>(begins.size());
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE double repeated_share(const completion& given, repetition_unit unit, std::int64_t n) {
    const auto size = static_cast<std::size_t>(n);
    return unit == repetition_unit::token ? detail::repeated_share(given.ids, size)
                                          : detail::repeated_share(detail::numbered_words(given.text), size);
}

}  // namespace aha
