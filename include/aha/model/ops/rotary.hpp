#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <cmath>
#include <numbers>
#include <optional>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

#include <aha/core/error.hpp>

namespace aha {

/// Llama 3's stretching of rotary frequencies for long contexts.
struct llama3_scaling {
    double factor = 8;
    double low_frequency_factor = 1;
    double high_frequency_factor = 4;
    double original_context = 8192;
    bool operator==(const llama3_scaling&) const = default;
};

/// Cosines and sines of rotary position embeddings (Su et al. 2021) for positions 0 .. context-1.
struct rotary_table {
    at::Tensor cosine;  ///< [context, d/2] float32
    at::Tensor sine;    ///< [context, d/2] float32

    rotary_table() = default;
    rotary_table(std::int64_t context, std::int64_t head_dim, double theta,
                 const std::optional<llama3_scaling>& scaling, const at::TensorOptions& options) {
        const std::int64_t half = head_dim / 2;
        require(context <= (std::int64_t{1} << 28) / half, "a context of ", context,
                " tokens is too long for a table of positions");
        cosine = at::empty({context, half}, at::kFloat);
        sine = at::empty({context, half}, at::kFloat);
        float *c = cosine.mutable_data_ptr<float>(), *s = sine.mutable_data_ptr<float>();
        for (std::int64_t i = 0; i < half; ++i) {
            const double base = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(head_dim));
            const float frequency = static_cast<float>(scaling ? stretched(base, *scaling) : base);
            for (std::int64_t p = 0; p < context; ++p) {
                const float angle = static_cast<float>(p) * frequency;  // float32, as transformers computes it
                c[p * half + i] = std::cos(angle);
                s[p * half + i] = std::sin(angle);
            }
        }
        cosine = cosine.to(options.device());
        sine = sine.to(options.device());
    }

private:
    static double stretched(double frequency, const llama3_scaling& scaling) {
        const double wavelength = 2 * std::numbers::pi / frequency;
        const double low = scaling.original_context / scaling.low_frequency_factor;
        const double high = scaling.original_context / scaling.high_frequency_factor;
        if (wavelength < high) return frequency;
        if (wavelength > low) return frequency / scaling.factor;
        const double smooth = (scaling.original_context / wavelength - scaling.low_frequency_factor) /
                              (scaling.high_frequency_factor - scaling.low_frequency_factor);
        return (1 - smooth) * frequency / scaling.factor + smooth * frequency;
    }
};

namespace detail {

/// Rotates `x` [T, heads, d] by the angles of `positions`; `direction` -1 rotates back.
template <class T>
void rotate_rows(const T* x, std::int64_t stride, const float* cosine, const float* sine, const std::int64_t* positions,
                 float* y, std::int64_t tokens, std::int64_t heads, std::int64_t half, float direction) {
    at::parallel_for(0, tokens, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const float *c = cosine + positions[t] * half, *s = sine + positions[t] * half;
            for (std::int64_t h = 0; h < heads; ++h) {
                const T* in = x + t * stride + h * 2 * half;
                float* out = y + (t * heads + h) * 2 * half;
                for (std::int64_t i = 0; i < half; ++i) {
                    const float a = static_cast<float>(in[i]), b = static_cast<float>(in[i + half]);
                    out[i] = a * c[i] - direction * b * s[i];
                    out[i + half] = b * c[i] + direction * a * s[i];
                }
            }
        }
    });
}

inline at::Tensor rotated(const at::Tensor& x, const at::Tensor& positions, const rotary_table& table,
                          float direction) {
    const std::int64_t tokens = x.size(0), heads = x.size(1), half = x.size(2) / 2;
    if (!x.is_cpu()) {
        const at::Tensor c = table.cosine.index_select(0, positions).unsqueeze(1);  // [T, 1, d/2]
        const at::Tensor s = table.sine.index_select(0, positions).unsqueeze(1) * direction;
        const at::Tensor a = x.narrow(2, 0, half).to(at::kFloat), b = x.narrow(2, half, half).to(at::kFloat);
        return at::cat({a * c - b * s, b * c + a * s}, 2);
    }
    at::Tensor y = at::empty({tokens, heads, 2 * half}, x.options().dtype(at::kFloat));
    const at::Tensor rows = x.stride(2) == 1 && x.stride(1) == 2 * half ? x : x.contiguous();
    const auto run = [&]<class T>(const T* data) {
        rotate_rows(data, rows.stride(0), table.cosine.const_data_ptr<float>(), table.sine.const_data_ptr<float>(),
                    positions.const_data_ptr<std::int64_t>(), y.mutable_data_ptr<float>(), tokens, heads, half,
                    direction);
    };
    if (rows.scalar_type() == at::kBFloat16) run(rows.const_data_ptr<at::BFloat16>());
    else run(rows.const_data_ptr<float>());
    return y;
}

struct rotary_function : torch::autograd::Function<rotary_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& positions, const at::Tensor& cosine, const at::Tensor& sine) {
        context->save_for_backward({positions, cosine, sine});
        context->saved_data["type"] = static_cast<std::int64_t>(x.scalar_type());
        rotary_table table;
        table.cosine = cosine;
        table.sine = sine;
        return rotated(x, positions, table, 1.0F);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        rotary_table table;
        table.cosine = saved[1];
        table.sine = saved[2];
        const auto type = static_cast<at::ScalarType>(context->saved_data["type"].toInt());
        return {rotated(gradients[0], saved[0], table, -1.0F).to(type), at::Tensor{}, at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace detail

/// Rotary position embedding in the half-split layout of Hugging Face's Llama and Qwen, differentiable.
/// @param x [T, heads, d] float32 or bfloat16
/// @param positions [T] int64
/// @return [T, heads, d] float32: attention runs in float32
inline at::Tensor rotary(const at::Tensor& x, const at::Tensor& positions, const rotary_table& table) {
    return detail::rotary_function::apply(x, positions, table.cosine, table.sine);
}

}  // namespace aha
