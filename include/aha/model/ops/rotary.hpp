#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <numbers>
#include <optional>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/dispatch.hpp>
#include <aha/kernels/elementwise.cuh>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/with_type.hpp>
#include <aha/model/ops/rotary_scaling.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// How fast each pair of dimensions turns.
struct rotary_frequencies {
    at::Tensor radians;      ///< [d/2] float32, a position
    double magnitude = 1.0;  ///< what cosines and sines are multiplied by
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE

namespace aha::detail::inline AHA_KERNELS_NAMESPACE {

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

}  // namespace aha::detail::inline AHA_KERNELS_NAMESPACE

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// The frequencies of a text of `length` tokens, by the rules of transformers 5.23.
inline rotary_frequencies frequencies_of(const rotary_shape& shape, std::int64_t length) {
    if (!shape.scaling) return {detail::plain_waves(shape).reciprocal()};
    return std::visit([&](const auto& scaling) { return detail::scaled(shape, scaling, length); }, *shape.scaling);
}

/// Cosines and sines of rotary position embeddings (Su et al. 2021) for positions 0 .. length-1. On the CPU those of a
/// position are computed when it is first asked for: a context may have a million tokens, texts seldom do. Copies are
/// of one table, and threads may ask at once.
class rotary_table {
public:
    /// What positions are turned by.
    struct angles {
        at::Tensor cosine;  ///< [rows, d/2] float32
        at::Tensor sine;    ///< [rows, d/2] float32
    };

    rotary_table() = default;
    /// The angles of all positions of a text of `length` tokens.
    rotary_table(const rotary_shape& shape, std::int64_t length, const at::TensorOptions& options)
        : made_{std::make_shared<memory>()}, length_{length}, half_{shape.head_dim / 2}, device_{options.device()} {
        const rotary_frequencies frequencies = frequencies_of(shape, length);
        radians_ = frequencies.radians.contiguous();
        magnitude_ = static_cast<float>(frequencies.magnitude);
        if (!device_.is_cpu()) up_to(length);
    }
    /// A table of given angles.
    explicit rotary_table(angles given)
        : made_{std::make_shared<memory>()}, length_{given.cosine.size(0)}, half_{given.cosine.size(1)} {
        made_->so_far = std::move(given);
    }

    std::int64_t length() const { return length_; }  ///< how many positions there are

    /// The angles of the first `rows` positions, perhaps of more. Throws `aha::error` if there are not so many.
    angles up_to(std::int64_t rows) const {
        require(rows <= length_, "a token is at position ", rows - 1, " of its text, but the model's context has ",
                length_, " positions, from 0");
        const std::lock_guard guard{made_->mutex};
        const std::int64_t before = made_->so_far.cosine.defined() ? made_->so_far.cosine.size(0) : 0;
        if (rows > before) {
            constexpr std::int64_t first_rows = 2048;
            made_->so_far = longer(std::min(length_, std::max({rows, 2 * before, first_rows})));
        }
        return made_->so_far;
    }
    angles all() const { return up_to(length_); }  ///< those of all positions

private:
    struct memory {
        std::mutex mutex;
        angles so_far;
    };

    angles longer(std::int64_t rows) const {
        require(rows <= (std::int64_t{1} << 28) / half_, "a context of ", rows,
                " tokens is too long for a table of positions");
        at::Tensor cosine = at::empty({rows, half_}, at::kFloat), sine = at::empty({rows, half_}, at::kFloat);
        const float* const r = radians_.const_data_ptr<float>();
        float *const c = cosine.mutable_data_ptr<float>(), *const s = sine.mutable_data_ptr<float>();
        const std::int64_t half = half_;
        const float magnitude = magnitude_;
        at::parallel_for(0, rows, std::max<std::int64_t>(1, 8192 / half), [=](std::int64_t begin, std::int64_t end) {
            for (std::int64_t p = begin; p < end; ++p)
                for (std::int64_t i = 0; i < half; ++i) {
                    const float angle = static_cast<float>(p) * r[i];  // float32, as transformers computes it
                    c[p * half + i] = std::cos(angle) * magnitude;
                    s[p * half + i] = std::sin(angle) * magnitude;
                }
        });
        return {cosine.to(device_), sine.to(device_)};
    }

    std::shared_ptr<memory> made_;
    std::int64_t length_ = 0, half_ = 0;
    at::Device device_ = at::kCPU;
    at::Tensor radians_;  // [d/2] of one step
    float magnitude_ = 1;
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE

namespace aha::detail::inline AHA_KERNELS_NAMESPACE {

/// Rotates the first `rotated` of `heads` heads of each row of `x`, copies the others; `direction` -1 rotates back.
/// `bias` [heads * 2 half] is added first, unless null.
template <class In, class Out>
void rotate_rows(const In* x, const float* bias, const float* cosine, const float* sine, const std::int64_t* positions,
                 Out* y, std::int64_t tokens, std::int64_t heads, std::int64_t rotated, std::int64_t half,
                 float direction) {
    const std::int64_t width = 2 * half, row = heads * width;
    at::parallel_for(0, tokens, std::max<std::int64_t>(1, 16384 / row), [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const float *c = cosine + positions[t] * half, *s = sine + positions[t] * half;
            for (std::int64_t h = 0; h < heads; ++h) {
                const In* in = x + t * row + h * width;
                Out* out = y + t * row + h * width;
                const float* b = bias == nullptr ? nullptr : bias + h * width;
                const auto value = [=](std::int64_t i) {
                    return static_cast<float>(in[i]) + (b == nullptr ? 0 : b[i]);
                };
                if (h >= rotated) {
                    for (std::int64_t i = 0; i < width; ++i) out[i] = static_cast<Out>(value(i));
                    continue;
                }
                for (std::int64_t i = 0; i < half; ++i) {
                    const float first = value(i), second = value(i + half);
                    out[i] = static_cast<Out>(first * c[i] - direction * second * s[i]);
                    out[i + half] = static_cast<Out>(second * c[i] + direction * first * s[i]);
                }
            }
        }
    });
}

/// The angles of the rows at `positions`. Throws `aha::error` for a position that the table does not have.
inline rotary_table::angles angles_at(const rotary_table& table, const at::Tensor& positions) {
    if (!positions.is_cpu()) return table.all();
    const std::int64_t* const first = positions.const_data_ptr<std::int64_t>();
    std::int64_t last = 0;
    for (std::int64_t t = 0; t < positions.numel(); ++t) {
        require(first[t] >= 0, "a token is at position ", first[t], " of its text");
        last = std::max(last, first[t]);
    }
    return table.up_to(positions.numel() > 0 ? last + 1 : 0);
}

/// `x` [T, N, d], its first `heads` heads rotated, in `type`.
inline at::Tensor rotated(const at::Tensor& input, const at::Tensor& bias, const at::Tensor& positions,
                          const at::Tensor& cosine, const at::Tensor& sine, std::int64_t heads, float direction,
                          at::ScalarType type) {
    const std::int64_t half = input.size(2) / 2;
    const at::Tensor x = input.contiguous();
    const auto on_cpu = [&] {
        const at::Tensor y = at::empty(x.sizes(), x.options().dtype(type));
        with_types(x.scalar_type(), type, [&]<class In, class Out>(In*, Out*) {
            rotate_rows(x.const_data_ptr<In>(), bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                        cosine.const_data_ptr<float>(), sine.const_data_ptr<float>(),
                        positions.const_data_ptr<std::int64_t>(), y.mutable_data_ptr<Out>(), x.size(0), x.size(1),
                        heads, half, direction);
        });
        return y;
    };
    const auto by_kernel = [&] {
        const at::Tensor y = at::empty(x.sizes(), x.options().dtype(type));
        with_types(x.scalar_type(), type, [&]<class In, class Out>(In*, Out*) {
            launch(rotate_heads<In, Out>{.x = x.const_data_ptr<In>(),
                                         .bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                                         .cosine = cosine.const_data_ptr<float>(),
                                         .sine = sine.const_data_ptr<float>(),
                                         .positions = positions.const_data_ptr<std::int64_t>(),
                                         .heads = x.size(1),
                                         .rotated = heads,
                                         .half = half,
                                         .direction = direction,
                                         .out = y.mutable_data_ptr<Out>()},
                   x.size(0), x.device());
        });
        return y;
    };
    return dispatch(x.device(), on_cpu, by_kernel, [&] {
        at::Tensor wide = x.to(at::kFloat);
        if (bias.defined()) wide = wide + bias.view({1, x.size(1), x.size(2)});
        const at::Tensor c = cosine.index_select(0, positions).unsqueeze(1);  // [T, 1, d/2]
        const at::Tensor s = sine.index_select(0, positions).unsqueeze(1) * direction;
        const at::Tensor turned = wide.narrow(1, 0, heads);
        const at::Tensor a = turned.narrow(2, 0, half), b = turned.narrow(2, half, half);
        return at::cat({at::cat({a * c - b * s, b * c + a * s}, 2), wide.narrow(1, heads, x.size(1) - heads)}, 1)
            .to(type);
    });
}

struct rotary_function : torch::autograd::Function<rotary_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& positions, const rotary_table::angles& angles, std::int64_t heads,
                              const std::optional<at::Tensor>& bias) {
        context->save_for_backward({positions, angles.cosine, angles.sine});
        context->saved_data["heads"] = heads;
        context->saved_data["bias"] = bias.value_or(at::Tensor{});
        context->saved_data["type"] = static_cast<std::int64_t>(x.scalar_type());
        return rotated(x, bias.value_or(at::Tensor{}), positions, angles.cosine, angles.sine, heads, 1.0F, at::kFloat);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto type = static_cast<at::ScalarType>(context->saved_data["type"].toInt());
        const at::Tensor g =
            rotated(gradients[0], {}, saved[0], saved[1], saved[2], context->saved_data["heads"].toInt(), -1.0F, type);
        const at::Tensor bias = context->saved_data["bias"].toTensor();
        if (bias.defined() && bias.requires_grad()) bias.grad().add_(g.view({g.size(0), -1}).sum(0, false, at::kFloat));
        return {g, at::Tensor{}, at::Tensor{}, at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace aha::detail::inline AHA_KERNELS_NAMESPACE

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Rotary position embedding in the half-split layout of Hugging Face's Llama and Qwen, differentiable.
/// @param x [T, N, d] float32 or bfloat16
/// @param positions [T] int64
/// @param heads the first `heads` of the N are rotated, the others (values) copied
/// @param bias [N d] float32 leaf added before, or undefined; its gradient is added to `bias.grad()` in place
/// @return [T, N, d] float32: attention runs in float32
inline at::Tensor rotary(const at::Tensor& x, const at::Tensor& positions, const rotary_table& table,
                         std::int64_t heads, const at::Tensor& bias = {}) {
    const rotary_table::angles angles = detail::angles_at(table, positions);
    if (!at::GradMode::is_enabled())
        return detail::rotated(x, bias, positions, angles.cosine, angles.sine, heads, 1.0F, at::kFloat);
    return detail::rotary_function::apply(x, positions, angles, heads,
                                          bias.defined() ? std::optional{bias} : std::nullopt);
}

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
