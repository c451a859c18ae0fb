#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <algorithm>
#include <aha/core/fast_exp.hpp>
#include <torch/csrc/autograd/custom_function.h>

namespace aha {
namespace detail {

template <class T>
void gated_silu_rows(const T* gate_up, T* y, std::int64_t rows, std::int64_t width) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 8192 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const T *gate = gate_up + 2 * t * width, *up = gate + width;
            T* out = y + t * width;
            for (std::int64_t i = 0; i < width; ++i) {
                const float g = static_cast<float>(gate[i]);
                out[i] = static_cast<T>(g / (1.0F + fast_exp(-g)) * static_cast<float>(up[i]));
            }
        }
    });
}

template <class T>
void gated_silu_rows_backward(const T* gate_up, const T* gy, T* gx, std::int64_t rows, std::int64_t width) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 8192 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const T *gate = gate_up + 2 * t * width, *up = gate + width, *g_out = gy + t * width;
            T *d_gate = gx + 2 * t * width, *d_up = d_gate + width;
            for (std::int64_t i = 0; i < width; ++i) {
                const float g = static_cast<float>(gate[i]), d = static_cast<float>(g_out[i]);
                const float s = 1.0F / (1.0F + fast_exp(-g));
                d_gate[i] = static_cast<T>(d * static_cast<float>(up[i]) * s * (1.0F + g * (1.0F - s)));
                d_up[i] = static_cast<T>(d * g * s);
            }
        }
    });
}

struct gated_silu_function : torch::autograd::Function<gated_silu_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& gate_up) {
        context->save_for_backward({gate_up});
        const std::int64_t rows = gate_up.size(0), width = gate_up.size(1) / 2;
        if (!gate_up.is_cpu()) return at::silu(gate_up.narrow(1, 0, width)) * gate_up.narrow(1, width, width);
        at::Tensor y = at::empty({rows, width}, gate_up.options());
        if (y.scalar_type() == at::kBFloat16)
            gated_silu_rows(gate_up.const_data_ptr<at::BFloat16>(), y.mutable_data_ptr<at::BFloat16>(), rows, width);
        else gated_silu_rows(gate_up.const_data_ptr<float>(), y.mutable_data_ptr<float>(), rows, width);
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const at::Tensor gate_up = context->get_saved_variables()[0], gy = gradients[0].contiguous();
        const std::int64_t rows = gate_up.size(0), width = gate_up.size(1) / 2;
        if (!gate_up.is_cpu()) {
            const at::Tensor gate = gate_up.narrow(1, 0, width), up = gate_up.narrow(1, width, width);
            const at::Tensor s = at::sigmoid(gate);
            return {at::cat({gy * up * s * (gate * (1 - s) + 1), gy * gate * s}, 1)};
        }
        at::Tensor gx = at::empty_like(gate_up);
        if (gx.scalar_type() == at::kBFloat16)
            gated_silu_rows_backward(gate_up.const_data_ptr<at::BFloat16>(), gy.const_data_ptr<at::BFloat16>(),
                                     gx.mutable_data_ptr<at::BFloat16>(), rows, width);
        else
            gated_silu_rows_backward(gate_up.const_data_ptr<float>(), gy.const_data_ptr<float>(),
                                     gx.mutable_data_ptr<float>(), rows, width);
        return {gx};
    }
};

}  // namespace detail

/// SwiGLU's gate (Shazeer 2020): `silu(gate) * up`, computed in float32, differentiable.
/// @param gate_up [T, 2F], the gate's columns first, contiguous
/// @return [T, F] in the same type
inline at::Tensor gated_silu(const at::Tensor& gate_up) { return detail::gated_silu_function::apply(gate_up); }

}  // namespace aha
