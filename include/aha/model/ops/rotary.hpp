#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/kernels/elementwise.cuh>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/with_type.hpp>
#include <aha/model/ops/rotary_frequencies.hpp>

namespace aha {

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

}  // namespace detail

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

}  // namespace aha
