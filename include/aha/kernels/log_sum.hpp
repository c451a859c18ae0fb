#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <aha/kernels/fast_exp.hpp>
#include <aha/kernels/lanes.hpp>

/// The reductions over a row of logits that sampling and losses share, so that both see the same numbers: float32 lanes
/// within blocks of `log_sum_block` entries, double across blocks.
namespace aha {

/// Entries that are summed in float32.
inline constexpr std::size_t log_sum_block = 2048;

/// log(sum(exp(inverse_temperature * x))), kept as the largest x and the sum relative to it.
struct log_sum {
    float top = 0;     ///< the greatest number
    double total = 0;  ///< sum of exp(inverse_temperature * (x - top))
    /// Log of the sum of exp(x / temperature).
    double value(double inverse_temperature) const { return inverse_temperature * top + std::log(total); }
};

/// Sum over the row of `term(x - top)`.
/// @tparam Value float or bfloat16
template <class Value, class Term>
double shifted_sum(std::span<const Value> x, float top, Term term) {
    double total = 0;
    for (std::size_t from = 0; from < x.size(); from += log_sum_block) {
        const Value* data = x.data() + from;
        const auto n = static_cast<std::int64_t>(std::min(log_sum_block, x.size() - from));
        total += lane_sum(n, [=](std::int64_t i) { return term(static_cast<float>(data[i]) - top); });
    }
    return total;
}

/// The log-sum of a row, [V].
/// @tparam Value float or bfloat16
template <class Value>
log_sum log_sum_of(std::span<const Value> x, float inverse_temperature) {
    log_sum result;
    result.top = lane_max(static_cast<std::int64_t>(x.size()),
                          [data = x.data()](std::int64_t i) { return static_cast<float>(data[i]); });
    result.total = shifted_sum(x, result.top, [=](float shifted) { return fast_exp(inverse_temperature * shifted); });
    return result;
}

/// Entropy in nats of softmax(inverse_temperature * x), given its log-sum at that temperature: log Z - E[log weight].
template <class Value>
double entropy_of(std::span<const Value> x, const log_sum& sum, float inverse_temperature) {
    const double weighted = shifted_sum(x, sum.top, [=](float shifted) {
        const float y =
            std::max(inverse_temperature * shifted, -100.0F);  // a suppressed token: exp(-100) * 100, nothing
        return fast_exp(y) * y;
    });
    return std::log(sum.total) - weighted / sum.total;
}

/// `log_sum_of` at temperature 1 and the entropy of softmax(x) in nats, with one exponential an entry.
struct log_sum_and_entropy {
    log_sum sum;         ///< log of the sum of exp(x)
    double entropy = 0;  ///< of softmax(x), nats
};

/// Both of a row, [V].
inline log_sum_and_entropy log_sum_and_entropy_of(std::span<const float> x) {
    constexpr std::size_t lanes = 16;
    log_sum_and_entropy result;
    const float top = lane_max(std::ssize(x), [data = x.data()](std::int64_t i) { return data[i]; });
    double total = 0, weighted = 0;
    for (std::size_t from = 0; from < x.size(); from += log_sum_block) {
        const float* const data = x.data() + from;
        const std::size_t n = std::min(log_sum_block, x.size() - from);
        float mass[lanes] = {}, product[lanes] = {};
        std::size_t i = 0;
        for (; i + lanes <= n; i += lanes)
            for (std::size_t j = 0; j < lanes; ++j) {
                const float shifted = std::max(data[i + j] - top, -100.0F);  // beyond: exp(-100) * 100, nothing
                const float weight = fast_exp(shifted);
                mass[j] += weight;
                product[j] += weight * shifted;
            }
        for (std::size_t j = 0; i < n; ++i, ++j) {
            const float shifted = std::max(data[i] - top, -100.0F);
            mass[j] += fast_exp(shifted);
            product[j] += fast_exp(shifted) * shifted;
        }
        for (std::size_t j = 0; j < lanes; ++j) total += mass[j], weighted += product[j];
    }
    result.sum = {top, total};
    result.entropy = std::log(total) - weighted / total;
    return result;
}

}  // namespace aha
