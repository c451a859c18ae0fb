#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace aha::test {

/// The chance that a chi-square variable with `degrees` degrees of freedom exceeds `x`: the regularized upper
/// incomplete gamma function, by its series or its continued fraction (Numerical Recipes, 6.2).
inline double chi_square_tail(double x, double degrees) {
    const double a = degrees / 2, y = x / 2;
    if (y <= 0) return 1;
    const double front = std::exp(-y + a * std::log(y) - std::lgamma(a));
    if (y < a + 1) {
        double term = 1 / a, sum = term;
        for (double n = a + 1; std::abs(term) > 1e-16 * sum; ++n) sum += term *= y / n;
        return 1 - front * sum;
    }
    double b = y + 1 - a, c = 1e300, d = 1 / b, h = d;
    for (int i = 1; i < 100000; ++i) {
        const double n = -i * (i - a);
        b += 2;
        d = 1 / (n * d + b);
        c = b + n / c;
        h *= c * d;
        if (std::abs(c * d - 1) < 1e-15) break;
    }
    return front * h;
}

/// What a chi-square variable exceeds with probability `p`.
inline double chi_square_critical(double degrees, double p = 1e-6) {
    double low = 0, high = degrees + 1;
    while (chi_square_tail(high, degrees) > p) high *= 2;
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (chi_square_tail(middle, degrees) > p ? low : high) = middle;
    }
    return high;
}

/// Pearson's statistic and what it exceeds once in a million draws from the right distribution.
struct goodness_of_fit {
    double statistic = 0;
    double critical = 0;
    std::size_t cells = 0;
    bool holds() const { return statistic <= critical; }
};

/// How well counted draws fit a distribution. Outcomes expected less than ten times are pooled, in their order, until
/// ten are expected; an outcome of probability 0 that was drawn makes the statistic infinite.
inline goodness_of_fit fit(std::span<const std::int64_t> counts, std::span<const double> probabilities) {
    double draws = 0;
    for (const std::int64_t n : counts) draws += static_cast<double>(n);
    std::vector<double> observed, expected;
    double pooled_observed = 0, pooled_expected = 0;
    goodness_of_fit result;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto seen = static_cast<double>(counts[i]);
        const double due = draws * probabilities[i];
        if (due <= 0 && seen > 0) result.statistic = std::numeric_limits<double>::infinity();
        if (due >= 10) {
            observed.push_back(seen), expected.push_back(due);
            continue;
        }
        pooled_observed += seen, pooled_expected += due;
        if (pooled_expected < 10) continue;
        observed.push_back(pooled_observed), expected.push_back(pooled_expected);
        pooled_observed = pooled_expected = 0;
    }
    if (expected.empty()) observed.push_back(0), expected.push_back(0);
    observed.back() += pooled_observed, expected.back() += pooled_expected;
    for (std::size_t i = 0; i < expected.size(); ++i)
        result.statistic += (observed[i] - expected[i]) * (observed[i] - expected[i]) / expected[i];
    result.cells = expected.size();
    result.critical = result.cells > 1 ? chi_square_critical(static_cast<double>(result.cells - 1)) : 1e-9;
    return result;
}

}  // namespace aha::test
