#pragma once

#include <cstdint>
#include <optional>

namespace aha::detail {

__extension__ typedef __int128 wide_integer;

/// An exact fraction in lowest terms; the denominator is positive.
struct rational {
    std::int64_t over = 0, under = 1;
    bool operator==(const rational&) const = default;
};

/// over / under, or nothing if `under` is 0 or the fraction does not fit 64 bits.
inline std::optional<rational> reduced(wide_integer over, wide_integer under) {
    if (under == 0) return std::nullopt;
    wide_integer a = over < 0 ? -over : over, b = under < 0 ? -under : under;
    while (b != 0) {
        const wide_integer rest = a % b;
        a = b;
        b = rest;
    }
    const wide_integer sign = under < 0 ? -1 : 1;
    over = sign * over / a;
    under = sign * under / a;
    const wide_integer most = INT64_MAX;
    if (over > most || over < -most || under > most) return std::nullopt;
    return rational{static_cast<std::int64_t>(over), static_cast<std::int64_t>(under)};
}

/// `a` and `b` joined by '+', '-', '*' or '/'; nothing for a division by zero or a result that does not fit.
inline std::optional<rational> joined(const rational& a, char op, const rational& b) {
    // Each product is below 2^126, so that sums fit.
    const wide_integer left = wide_integer{a.over} * b.under, right = wide_integer{b.over} * a.under;
    switch (op) {
        case '+': return reduced(left + right, wide_integer{a.under} * b.under);
        case '-': return reduced(left - right, wide_integer{a.under} * b.under);
        case '*': return reduced(wide_integer{a.over} * b.over, wide_integer{a.under} * b.under);
        case '/': return reduced(left, right);
        default: return std::nullopt;
    }
}

}  // namespace aha::detail
