#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <variant>
#include <vector>

#include <aha/model/ops/rotary_scaling.hpp>

namespace aha {

/// How fast each pair of dimensions turns.
struct rotary_frequencies {
    at::Tensor radians;      ///< [d/2] float32, a position
    double magnitude = 1.0;  ///< what cosines and sines are multiplied by
};

namespace detail {

/// Positions a radian: [d/2]. Each operation in float32, as transformers has it: at position 100,000 the last bit
/// counts.
inline at::Tensor plain_waves(std::int64_t dim, const at::Tensor& base) {
    return at::pow(base, at::arange(0, dim, 2, at::kLong).to(at::kFloat) / dim);
}
inline at::Tensor plain_waves(const rotary_shape& shape) {
    return plain_waves(shape.head_dim, at::scalar_tensor(shape.theta, at::kDouble));
}

inline rotary_frequencies scaled(const rotary_shape& shape, const llama3_scaling& s, std::int64_t) {
    const at::Tensor plain = plain_waves(shape).reciprocal(), wave = plain.reciprocal() * (2 * std::numbers::pi);
    const double longest = s.original_context / s.low_frequency_factor;
    const double shortest = s.original_context / s.high_frequency_factor;
    const at::Tensor smooth = (wave.reciprocal() * s.original_context - s.low_frequency_factor) /
                              (s.high_frequency_factor - s.low_frequency_factor);
    const at::Tensor between = (1 - smooth) * plain / s.factor + smooth * plain;
    return {at::where(wave.lt(shortest), plain, at::where(wave.gt(longest), plain / s.factor, between))};
}

inline rotary_frequencies scaled(const rotary_shape& shape, const linear_scaling& s, std::int64_t) {
    return {plain_waves(shape).reciprocal() / s.factor};
}

inline rotary_frequencies scaled(const rotary_shape& shape, const dynamic_scaling& s, std::int64_t length) {
    if (length <= shape.context) return {plain_waves(shape).reciprocal()};
    const auto dim = static_cast<double>(shape.head_dim);
    const at::Tensor grown =
        s.factor * at::scalar_tensor(length, at::kLong) / static_cast<double>(shape.context) - (s.factor - 1);
    return {plain_waves(shape.head_dim, shape.theta * at::pow(grown, dim / (dim - 2))).reciprocal()};
}

inline rotary_frequencies scaled(const rotary_shape& shape, const yarn_scaling& s, std::int64_t) {
    const auto dim = static_cast<double>(shape.head_dim);
    const auto turning = [&](double turns) {  // the dimension that turns so often in the original context
        return dim * std::log(s.original_context / (turns * 2 * std::numbers::pi)) / (2 * std::log(shape.theta));
    };
    double low = turning(s.beta_fast), high = turning(s.beta_slow);
    if (s.truncate) low = std::floor(low), high = std::ceil(high);
    low = std::max(low, 0.0), high = std::min(high, dim - 1);
    if (low == high) high += 0.001;
    const at::Tensor kept = 1 - ((at::arange(shape.head_dim / 2, at::kFloat) - low) / (high - low)).clamp(0, 1);
    const at::Tensor waves = plain_waves(shape);
    const auto rule = [&](double scale) { return s.factor <= 1 ? 1 : 0.1 * scale * std::log(s.factor) + 1; };
    const bool two_scales = s.mscale.value_or(0) != 0 && s.mscale_all_dim.value_or(0) != 0;
    return {(s.factor * waves).reciprocal() * (1 - kept) + waves.reciprocal() * kept,
            s.attention_factor.value_or(two_scales ? rule(*s.mscale) / rule(*s.mscale_all_dim) : rule(1))};
}

inline rotary_frequencies scaled(const rotary_shape& shape, const longrope_scaling& s, std::int64_t length) {
    const std::vector<double>& factors =
        static_cast<double>(length) > s.original_context ? s.long_factors : s.short_factors;
    const double magnitude = s.factor <= 1 ? 1 : std::sqrt(1 + std::log(s.factor) / std::log(s.original_context));
    return {(at::tensor(at::ArrayRef<double>{factors}, at::kFloat) * plain_waves(shape)).reciprocal(),
            s.attention_factor.value_or(magnitude)};
}

}  // namespace detail

/// The frequencies of a text of `length` tokens, by the rules of transformers 5.23.
inline rotary_frequencies frequencies_of(const rotary_shape& shape, std::int64_t length) {
    if (!shape.scaling) return {detail::plain_waves(shape).reciprocal()};
    return std::visit([&](const auto& scaling) { return detail::scaled(shape, scaling, length); }, *shape.scaling);
}

}  // namespace aha
