#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <cmath>
#include <optional>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/kernels/elementwise.cuh>
#include <aha/core/kernels/launch.hpp>
#include <aha/core/with_type.hpp>
#include <aha/model/ops/rotary_frequencies.hpp>

namespace aha {

/// Cosines and sines of rotary position embeddings (Su et al. 2021) for positions 0 .. length-1.
struct rotary_table {
    at::Tensor cosine;  ///< [length, d/2] float32
    at::Tensor sine;    ///< [length, d/2] float32

    rotary_table() = default;
    /// The angles of all positions of a text of `length` tokens.
    rotary_table(const rotary_shape& shape, std::int64_t length, const at::TensorOptions& options) {
        const std::int64_t half = shape.head_dim / 2;
        require(length <= (std::int64_t{1} << 28) / half, "a context of ", length,
                " tokens is too long for a table of positions");
        const rotary_frequencies frequencies = frequencies_of(shape, length);
        const at::Tensor radians = frequencies.radians.contiguous();
        const auto magnitude = static_cast<float>(frequencies.magnitude);
        cosine = at::empty({length, half}, at::kFloat);
        sine = at::empty({length, half}, at::kFloat);
        const float* const r = radians.const_data_ptr<float>();
        float *c = cosine.mutable_data_ptr<float>(), *s = sine.mutable_data_ptr<float>();
        for (std::int64_t p = 0; p < length; ++p)
            for (std::int64_t i = 0; i < half; ++i) {
                const float angle = static_cast<float>(p) * r[i];  // float32, as transformers computes it
                c[p * half + i] = std::cos(angle) * magnitude;
                s[p * half + i] = std::sin(angle) * magnitude;
            }
        cosine = cosine.to(options.device());
        sine = sine.to(options.device());
    }
};

namespace detail {

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

/// Throws `aha::error` for a position that the table has no row for: a text longer than the context.
inline void require_positions(const at::Tensor& positions, std::int64_t rows) {
    const std::int64_t* const first = positions.const_data_ptr<std::int64_t>();
    for (std::int64_t t = 0; t < positions.numel(); ++t)
        require(first[t] >= 0 && first[t] < rows, "a token is at position ", first[t],
                " of its text, but the model's context has ", rows, " positions, from 0");
}

/// `x` [T, N, d], its first `heads` heads rotated, in `type`.
inline at::Tensor rotated(const at::Tensor& input, const at::Tensor& bias, const at::Tensor& positions,
                          const at::Tensor& cosine, const at::Tensor& sine, std::int64_t heads, float direction,
                          at::ScalarType type) {
    const std::int64_t half = input.size(2) / 2;
    const at::Tensor x = input.contiguous();
    if (has_device_kernels && !x.is_cpu()) {
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
    }
    if (!x.is_cpu()) {
        at::Tensor wide = x.to(at::kFloat);
        if (bias.defined()) wide = wide + bias.view({1, x.size(1), x.size(2)});
        const at::Tensor c = cosine.index_select(0, positions).unsqueeze(1);  // [T, 1, d/2]
        const at::Tensor s = sine.index_select(0, positions).unsqueeze(1) * direction;
        const at::Tensor turned = wide.narrow(1, 0, heads);
        const at::Tensor a = turned.narrow(2, 0, half), b = turned.narrow(2, half, half);
        return at::cat({at::cat({a * c - b * s, b * c + a * s}, 2), wide.narrow(1, heads, x.size(1) - heads)}, 1)
            .to(type);
    }
    require_positions(positions, cosine.size(0));
    const at::Tensor y = at::empty(x.sizes(), x.options().dtype(type));
    with_types(x.scalar_type(), type, [&]<class In, class Out>(In*, Out*) {
        rotate_rows(x.const_data_ptr<In>(), bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                    cosine.const_data_ptr<float>(), sine.const_data_ptr<float>(),
                    positions.const_data_ptr<std::int64_t>(), y.mutable_data_ptr<Out>(), x.size(0), x.size(1), heads,
                    half, direction);
    });
    return y;
}

struct rotary_function : torch::autograd::Function<rotary_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& positions, const rotary_table& table, std::int64_t heads,
                              const std::optional<at::Tensor>& bias) {
        context->save_for_backward({positions, table.cosine, table.sine});
        context->saved_data["heads"] = heads;
        context->saved_data["bias"] = bias.value_or(at::Tensor{});
        context->saved_data["type"] = static_cast<std::int64_t>(x.scalar_type());
        return rotated(x, bias.value_or(at::Tensor{}), positions, table.cosine, table.sine, heads, 1.0F, at::kFloat);
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

}  // namespace detail

/// Rotary position embedding in the half-split layout of Hugging Face's Llama and Qwen, differentiable.
/// @param x [T, N, d] float32 or bfloat16
/// @param positions [T] int64
/// @param heads the first `heads` of the N are rotated, the others (values) copied
/// @param bias [N d] float32 leaf added before, or undefined; its gradient is added to `bias.grad()` in place
/// @return [T, N, d] float32: attention runs in float32
inline at::Tensor rotary(const at::Tensor& x, const at::Tensor& positions, const rotary_table& table,
                         std::int64_t heads, const at::Tensor& bias = {}) {
    if (!at::GradMode::is_enabled())
        return detail::rotated(x, bias, positions, table.cosine, table.sine, heads, 1.0F, at::kFloat);
    return detail::rotary_function::apply(x, positions, table, heads,
                                          bias.defined() ? std::optional{bias} : std::nullopt);
}

}  // namespace aha
