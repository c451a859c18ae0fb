#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

#include <aha/reward/exact_number.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE exact_number make_decimal(std::string digits, std::int64_t exponent, bool negative) {
    const std::size_t last = digits.find_last_not_of('0');
    if (last == std::string::npos) return {};
    exponent += static_cast<std::int64_t>(digits.size() - last - 1);
    digits.erase(last + 1);
    digits.erase(0, digits.find_first_not_of('0'));
    return {negative, std::move(digits), exponent, 1};
}

AHA_INLINE exact_number shifted(exact_number number, std::int64_t places) {
    if (!number.digits.empty()) number.exponent += places;
    return number;
}

/// `digits` * factor, a factor below 10.
inline std::string times_digit(std::string digits, int factor) {
    int carry = 0;
    for (std::size_t at = digits.size(); at-- > 0;) {
        const int product = (digits[at] - '0') * factor + carry;
        digits[at] = static_cast<char>('0' + product % 10);
        carry = product / 10;
    }
    return carry == 0 ? digits : static_cast<char>('0' + carry) + digits;
}

AHA_INLINE exact_number make_exact(const rational& fraction) {
    const bool negative = fraction.over < 0;
    std::string digits = std::to_string(negative ? -fraction.over : fraction.over);
    std::int64_t under = fraction.under, exponent = 0;
    for (const int factor : {2, 5})
        for (; under % factor == 0; under /= factor, --exponent) digits = times_digit(std::move(digits), 10 / factor);
    exact_number number = make_decimal(std::move(digits), exponent, negative);
    if (!number.digits.empty()) number.under = under;
    return number;
}

AHA_INLINE std::optional<std::int64_t> integer_of(const exact_number& number) {
    if (number.digits.empty()) return 0;
    if (number.under != 1 || number.exponent < 0 || number.exponent > 18 || number.digits.size() > 19)
        return std::nullopt;
    const std::string text =
        (number.negative ? "-" : "") + number.digits + std::string(static_cast<std::size_t>(number.exponent), '0');
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
    return value;
}

AHA_INLINE std::optional<rational> rational_of(const exact_number& number) {
    if (number.exponent >= 0) {
        exact_number over = number;
        over.under = 1;
        const std::optional<std::int64_t> whole = integer_of(over);
        return whole ? reduced(*whole, number.under) : std::nullopt;
    }
    const std::optional<std::int64_t> over = integer_of({number.negative, number.digits, 0, 1});
    if (!over || number.exponent < -18) return std::nullopt;
    wide_integer under = number.under;
    for (std::int64_t place = number.exponent; place < 0; ++place) under *= 10;
    return reduced(*over, under);
}

AHA_INLINE std::optional<std::int64_t> read_exponent(std::string_view digits, bool negative) {
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > 12) return std::nullopt;
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return negative ? -value : value;
}

AHA_INLINE std::optional<exact_number> power(const exact_number& base, std::int64_t exponent) {
    if (base.under != 1) return std::nullopt;
    if (base.digits == "1" && !base.negative && base.exponent >= -20 && base.exponent <= 20)
        return make_decimal("1", base.exponent * exponent);
    const std::optional<std::int64_t> whole = integer_of(base);
    if (!whole || exponent < -64 || exponent > 64 || (*whole == 0 && exponent <= 0)) return std::nullopt;
    std::optional<rational> product = rational{1, 1};
    for (std::int64_t n = 0; n < (exponent < 0 ? -exponent : exponent) && product; ++n)
        product = joined(*product, '*', {*whole, 1});
    if (product && exponent < 0) product = reduced(product->under, product->over);
    return product ? std::optional{make_exact(*product)} : std::nullopt;
}

}  // namespace aha::detail
