#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/reward/math/expression.hpp>
#include <aha/reward/math/work_budget.hpp>

namespace aha::math {

/// Values of variables that a sum or product counts.
using counters = std::vector<std::pair<std::string, fraction>>;

/// The value of an expression that is a rational number, exactly; nothing if it is none, if that is not seen
/// (`\sqrt{2}`
/// `\sqrt{2}`), or if it would take more work or digits than `budget` has.
std::optional<fraction> exact_value(const expression& one, work_budget& budget, const counters& counted = {});

/// The digits that a whole number has in base 2.
inline std::int64_t bits_of(const whole& number) {
    return number == 0 ? 1 : static_cast<std::int64_t>(msb(abs(number))) + 1;
}

/// The n-th root of a whole number that is one's n-th power; nothing for others.
std::optional<whole> exact_root(const whole& number, unsigned n);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/exact_value.ipp>
#endif
