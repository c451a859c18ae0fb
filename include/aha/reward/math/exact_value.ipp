#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include <aha/reward/math/exact_value.hpp>
#include <aha/core/inline.hpp>

namespace aha::math {

namespace detail {

inline constexpr std::int64_t most_bits = 20'000;

inline std::int64_t bits_of(const fraction& value) {
    return math::bits_of(numerator(value)) + math::bits_of(denominator(value));
}

inline whole floor_of(const fraction& value) {
    const whole over = numerator(value), under = denominator(value);
    whole down = over / under;
    if (over < 0 && down * under != over) --down;
    return down;
}

inline std::optional<std::int64_t> small_integer(const fraction& value, std::int64_t most) {
    if (denominator(value) != 1 || numerator(value) > most || numerator(value) < -most) return std::nullopt;
    return static_cast<std::int64_t>(numerator(value));
}

AHA_INLINE std::optional<fraction> exact_power(const fraction& base, const fraction& exponent, work_budget& budget) {
    if (const std::optional<std::int64_t> n = small_integer(exponent, most_bits)) {
        if (base == 0) {
            if (*n < 0) return std::nullopt;
            return fraction{*n == 0 ? 1 : 0};
        }
        const auto size = static_cast<unsigned>(*n < 0 ? -*n : *n);
        if (base == 1 || size == 0) return fraction{1};
        if (base == -1) return fraction{size % 2 == 0 ? 1 : -1};
        if (bits_of(base) * static_cast<std::int64_t>(size) > most_bits || !budget.spend(20 + size / 16))
            return std::nullopt;
        const whole over = pow(numerator(base), size), under = pow(denominator(base), size);
        if (*n >= 0) return fraction{over, under};
        return over < 0 ? fraction{-under, -over} : fraction{under, over};  // a denominator must not be negative
    }
    const std::optional<std::int64_t> root = small_integer(fraction{denominator(exponent)}, 64);
    const std::optional<std::int64_t> raised = small_integer(fraction{numerator(exponent)}, 1000);
    if (!root || !raised || base < 0 || !budget.spend(100)) return std::nullopt;
    const auto degree = static_cast<unsigned>(*root);
    const std::optional<whole> over = exact_root(numerator(base), degree);
    const std::optional<whole> under = over ? exact_root(denominator(base), degree) : std::nullopt;
    if (!under) return std::nullopt;
    return exact_power(fraction{*over, *under}, fraction{*raised}, budget);
}

AHA_INLINE std::optional<fraction> exact_binomial(const fraction& n, const fraction& k, work_budget& budget) {
    const std::optional<std::int64_t> top = small_integer(n, 5000), bottom = small_integer(k, 5000);
    if (!top || !bottom || *top < 0) return std::nullopt;
    if (*bottom < 0 || *bottom > *top) return fraction{0};
    const std::int64_t size = std::min(*bottom, *top - *bottom);
    if (!budget.spend(2 * size)) return std::nullopt;
    whole all = 1;
    for (std::int64_t i = 1; i <= size; ++i) all = all * (*top - size + i) / i;
    return fraction{all};
}

AHA_INLINE std::optional<fraction> exact_function(const expression& one, const std::vector<fraction>& given,
                                                  work_budget& budget) {
    const std::string& name = one.name;
    if (name == "abs") return given[0] < 0 ? -given[0] : given[0];
    if (name == "floor") return fraction{floor_of(given[0])};
    if (name == "ceil") return fraction{-floor_of(-given[0])};
    if (name == "factorial") {
        const std::optional<std::int64_t> n = small_integer(given[0], 2500);
        if (!n || *n < 0 || !budget.spend(2 * *n)) return std::nullopt;
        whole all = 1;
        for (std::int64_t i = 2; i <= *n; ++i) all *= i;
        return fraction{all};
    }
    if (name == "max") return *std::max_element(given.begin(), given.end());
    if (name == "min") return *std::min_element(given.begin(), given.end());
    if (given.size() == 2) {
        if (name == "binomial") return exact_binomial(given[0], given[1], budget);
        if (name == "mod") {
            if (given[1] == 0) return std::nullopt;
            return given[0] - given[1] * fraction{floor_of(given[0] / given[1])};
        }
        if ((name == "gcd" || name == "lcm") && denominator(given[0]) == 1 && denominator(given[1]) == 1)
            return fraction{name == "gcd" ? gcd(numerator(given[0]), numerator(given[1]))
                                          : lcm(numerator(given[0]), numerator(given[1]))};
    }
    return std::nullopt;
}

AHA_INLINE std::optional<fraction> exact_repeated(const expression& one, work_budget& budget, const counters& counted) {
    if (one.name != "sum" && one.name != "product") return std::nullopt;
    const std::optional<fraction> low = exact_value(one.parts[2], budget, counted);
    const std::optional<fraction> high = low ? exact_value(one.parts[3], budget, counted) : std::nullopt;
    if (!high || denominator(*low) != 1 || denominator(*high) != 1) return std::nullopt;
    if (*high - *low > 4000) return std::nullopt;
    fraction all = one.name == "sum" ? 0 : 1;
    counters inner = counted;
    inner.emplace_back(one.parts[0].name, *low);
    for (; inner.back().second <= *high; inner.back().second += 1) {
        const std::optional<fraction> next = exact_value(one.parts[1], budget, inner);
        if (!next) return std::nullopt;
        all = one.name == "sum" ? fraction{all + *next} : fraction{all * *next};
        if (bits_of(all) > most_bits) return std::nullopt;
    }
    return all;
}

}  // namespace detail

AHA_INLINE std::optional<whole> exact_root(const whole& number, unsigned n) {
    if (n == 1 || number == 0 || number == 1) return number;
    if (number < 0 || bits_of(number) > 4000) return std::nullopt;
    if (n == 2) {
        whole rest;
        const whole root = sqrt(number, rest);
        return rest == 0 ? std::optional{root} : std::nullopt;
    }
    whole low = 0, high = whole{1} << static_cast<unsigned>(bits_of(number) / n + 1);
    while (low < high) {
        const whole middle = (low + high + 1) / 2;
        if (pow(middle, n) <= number) low = middle;
        else high = middle - 1;
    }
    return pow(low, n) == number ? std::optional{low} : std::nullopt;
}

AHA_INLINE std::optional<fraction> exact_value(const expression& one, work_budget& budget, const counters& counted) {
    if (!budget.spend(1)) return std::nullopt;
    switch (one.kind) {
        case form::number: return one.value;
        case form::percent: {
            const std::optional<fraction> inside = exact_value(one.parts.front(), budget, counted);
            return inside ? std::optional<fraction>{*inside / 100} : std::nullopt;
        }
        case form::symbol:
            for (auto each = counted.rbegin(); each != counted.rend(); ++each)
                if (each->first == one.name) return each->second;
            return std::nullopt;
        case form::constant:  // \sum_{i=1}: the letter i is what is counted there
            if (one.name == "i")
                for (auto each = counted.rbegin(); each != counted.rend(); ++each)
                    if (each->first == one.name) return each->second;
            return std::nullopt;
        case form::sum:
        case form::product: {
            fraction all = one.is(form::sum) ? 0 : 1;
            for (const expression& part : one.parts) {
                const std::optional<fraction> next = exact_value(part, budget, counted);
                if (!next) return std::nullopt;
                all = one.is(form::sum) ? fraction{all + *next} : fraction{all * *next};
                if (detail::bits_of(all) > detail::most_bits || !budget.spend(detail::bits_of(all) / 200))
                    return std::nullopt;
            }
            return all;
        }
        case form::power: {
            const std::optional<fraction> base = exact_value(one.parts[0], budget, counted);
            const std::optional<fraction> raised = base ? exact_value(one.parts[1], budget, counted) : std::nullopt;
            return raised ? detail::exact_power(*base, *raised, budget) : std::nullopt;
        }
        case form::apply: {
            std::vector<fraction> given;
            for (const expression& part : one.parts) {
                const std::optional<fraction> next = exact_value(part, budget, counted);
                if (!next) return std::nullopt;
                given.push_back(*next);
            }
            return detail::exact_function(one, given, budget);
        }
        case form::repeated: return detail::exact_repeated(one, budget, counted);
        default: return std::nullopt;
    }
}

}  // namespace aha::math
