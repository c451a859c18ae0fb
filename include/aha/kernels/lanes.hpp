#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

/// Reductions over float loops, written with independent lanes so that compilers vectorize them without being allowed
/// to reorder sums. The order of additions depends on `n` alone: results are the same on every thread count.
namespace aha {

/// Sum over i in [0, n) of `term(i)`.
template <class Term>
inline float lane_sum(std::int64_t n, Term term) {
    constexpr std::int64_t lanes = 16;
    std::array<float, lanes> partial{};
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
        for (std::int64_t j = 0; j < lanes; ++j) partial[static_cast<std::size_t>(j)] += term(i + j);
    for (std::int64_t half = lanes / 2; half > 0; half /= 2)
        for (std::int64_t j = 0; j < half; ++j)
            partial[static_cast<std::size_t>(j)] += partial[static_cast<std::size_t>(j + half)];
    float total = partial[0];
    for (std::int64_t j = 0; j < lanes && i < n; ++j, ++i) total += term(i);
    return total;
}

/// Largest of `term(i)` over i in [0, n), n > 0. NaNs are not propagated.
template <class Term>
inline float lane_max(std::int64_t n, Term term) {
    constexpr std::int64_t lanes = 16;
    std::array<float, lanes> partial;
    partial.fill(term(0));
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
        for (std::int64_t j = 0; j < lanes; ++j) {
            float& best = partial[static_cast<std::size_t>(j)];
            const float value = term(i + j);
            best = value > best ? value : best;
        }
    for (std::int64_t j = 0; j < lanes && i < n; ++j, ++i) partial[0] = std::max(partial[0], term(i));
    return *std::max_element(partial.begin(), partial.end());
}

}  // namespace aha
