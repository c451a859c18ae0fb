#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aha/reward/rational.hpp>

namespace aha::detail {

/// A number of any length, exactly: digits * 10^exponent / under. Each number has one form only, so that equal numbers
/// are equal member by member: no zero at either end of the digits, none at all for 0, and a denominator that is
/// positive, in lowest terms and no multiple of 2 or 5.
struct exact_number {
    bool negative = false;
    std::string digits{};
    std::int64_t exponent = 0;
    std::int64_t under = 1;

    bool operator==(const exact_number&) const = default;
};

/// digits * 10^exponent, in the one form.
exact_number make_decimal(std::string digits, std::int64_t exponent, bool negative = false);

/// `number` * 10^places.
exact_number shifted(exact_number number, std::int64_t places);

/// A fraction in the one form: what a factor 2 or 5 of the denominator divides by is a factor 5 or 2 and a decimal
/// place.
exact_number make_exact(const rational& fraction);

/// The integer that a number is, if it is one that fits 64 bits.
std::optional<std::int64_t> integer_of(const exact_number& number);

/// The fraction that a number is, if its numerator and its denominator fit 64 bits.
std::optional<rational> rational_of(const exact_number& number);

/// The exponent that `digits` say; nothing where it is beyond a million million, so that sums of a few of them and of
/// lengths of texts fit.
std::optional<std::int64_t> read_exponent(std::string_view digits, bool negative);

/// base^exponent; nothing for 0 to the power of 0 or less, for fractions, and for what does not fit 64 bits, powers of
/// ten aside.
std::optional<exact_number> power(const exact_number& base, std::int64_t exponent);

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/reward/exact_number.ipp>
#endif
