#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <aha/reward/math/trailing_units.hpp>
#include <aha/core/inline.hpp>

namespace aha::math::detail {

// Math-Verify's words for units, and the words that its data sets have in their place.
inline constexpr std::string_view unit_words =
    " feet sue digit pound meal edge student multiple east degree mph kmph ft deg mile monkey prime ratio rd o gm lb "
    "tile per dm lt gain ab way west t h men soldier pie bc excess st inches noon cent by gal kmh c acre rise th sq "
    "mark l toy coin gallon profit minw yr women am pm hr square are rupee rounds cubic cc mtr s ohm number day hour "
    "minute min second man woman sec cube mt mp hectare more unit rs kg g month km m cm mm apple liter loss yard pure "
    "year increase decrease d less Surface litre metre meter inch ";

inline bool is_unit_word(std::string_view word) {
    const auto known = [](std::string_view one) {
        return !one.empty() && unit_words.find(" " + std::string{one} + " ") != std::string_view::npos;
    };
    return known(word) || (word.ends_with('s') && known(word.substr(0, word.size() - 1))) ||
           (word.ends_with("es") && known(word.substr(0, word.size() - 2)));
}

AHA_INLINE std::vector<token> without_units(std::vector<token> tokens, bool words_only) {
    const auto drop = [&](std::size_t count) {
        tokens.erase(tokens.end() - 1 - static_cast<std::ptrdiff_t>(count), tokens.end() - 1);
    };
    const auto last = [&](std::size_t back) -> const token& { return tokens[tokens.size() - 2 - back]; };
    // \text{...}, with an exponent or without
    std::size_t size = tokens.size() - 1, exponent = 0;
    if (size >= 3 && last(0).kind == token_kind::number && last(1).is("^")) exponent = 2;
    if (size >= 5 && last(0).is("}") && last(1).kind == token_kind::number && last(2).is("{") && last(3).is("^"))
        exponent = 4;
    if (!words_only && size > exponent + 1 && last(exponent).kind == token_kind::text) drop(exponent + 1);
    for (int again = 0; again < 2; ++again) {
        size = tokens.size() - 1;
        if (size < 2 || last(0).kind != token_kind::word || !is_unit_word(last(0).text)) break;
        if (!last(0).spaced && last(1).kind != token_kind::number && !last(1).is("}")) break;
        drop(1);
    }
    return tokens;
}

}  // namespace aha::math::detail
