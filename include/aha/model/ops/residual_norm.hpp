#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <torch/csrc/autograd/custom_function.h>

#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/dispatch.hpp>
#include <aha/kernels/elementwise.cuh>
#include <aha/kernels/lanes.hpp>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/with_type.hpp>
#include <aha/model/ops/rms_norm.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// A residual stream between two blocks.
struct residual {
    at::Tensor stream;      ///< [T, D] float32
    at::Tensor normalized;  ///< [T, D] compute type: what the next block reads
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE

namespace aha::detail::inline AHA_KERNELS_NAMESPACE {

struct residual_sums {
    at::Tensor stream, normalized, inverse;
};

/// One pass over a row: the sum, its root mean square, the normalized row.
template <class Delta>
void residual_norm_rows(const float* x, const Delta* delta, const float* w, float* sum, Delta* y, float* inverse,
                        std::int64_t rows, std::int64_t width, float eps) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 32768 / width), [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const float* const xt = x + t * width;
            const Delta* const dt = delta + t * width;
            float* const st = sum + t * width;
            for (std::int64_t i = 0; i < width; ++i) st[i] = xt[i] + static_cast<float>(dt[i]);
            const float squares = lane_sum(width, [st](std::int64_t i) { return st[i] * st[i]; });
            const float r = 1.0F / std::sqrt(squares / static_cast<float>(width) + eps);
            inverse[t] = r;
            Delta* const yt = y + t * width;
            for (std::int64_t i = 0; i < width; ++i) yt[i] = static_cast<Delta>(st[i] * r * w[i]);
        }
    });
}

inline residual_sums add_and_normalize_by_kernel(const at::Tensor& x, const at::Tensor& delta, const at::Tensor& leaf,
                                                 double eps) {
    const residual_sums r{at::empty(x.sizes(), x.options()), at::empty(x.sizes(), delta.options()),
                          at::empty({x.size(0), 1}, x.options())};
    with_type(delta.scalar_type(), [&]<class Delta>(Delta*) {
        launch(residual_norm_row<Delta>{.x = x.const_data_ptr<float>(),
                                        .delta = delta.const_data_ptr<Delta>(),
                                        .weight = leaf.const_data_ptr<float>(),
                                        .width = x.size(1),
                                        .epsilon = static_cast<float>(eps),
                                        .sum = r.stream.mutable_data_ptr<float>(),
                                        .normalized = r.normalized.mutable_data_ptr<Delta>(),
                                        .inverse = r.inverse.mutable_data_ptr<float>()},
               x.size(0), x.device());
    });
    return r;
}

inline residual_sums add_and_normalize(const at::Tensor& x, const at::Tensor& delta, const at::Tensor& leaf,
                                       double eps) {
    const at::ScalarType type = delta.scalar_type();
    const auto on_cpu = [&] {
        const std::int64_t rows = x.size(0), width = x.size(1);
        residual_sums r{at::empty(x.sizes(), x.options()), at::empty(x.sizes(), delta.options()),
                        at::empty({rows}, x.options())};
        with_type(type, [&]<class Delta>(Delta*) {
            residual_norm_rows(x.const_data_ptr<float>(), delta.const_data_ptr<Delta>(), leaf.const_data_ptr<float>(),
                               r.stream.mutable_data_ptr<float>(), r.normalized.mutable_data_ptr<Delta>(),
                               r.inverse.mutable_data_ptr<float>(), rows, width, static_cast<float>(eps));
        });
        return r;
    };
    const auto by_kernel = [&] { return add_and_normalize_by_kernel(x, delta, leaf, eps); };
    return dispatch(x.device(), on_cpu, by_kernel, [&] {
        const at::Tensor stream = x + delta;
        const auto [y, inverse] = normalized(stream, leaf, eps, type);
        return residual_sums{stream, y, inverse};
    });
}

struct residual_norm_function : torch::autograd::Function<residual_norm_function> {
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                                                  const at::Tensor& delta, const at::Tensor& leaf, double eps) {
        const residual_sums r = add_and_normalize(x, delta, leaf, eps);
        context->save_for_backward({r.stream, r.inverse});
        context->saved_data["leaf"] = leaf;
        context->saved_data["type"] = static_cast<std::int64_t>(delta.scalar_type());
        return {r.stream, r.normalized};
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        at::Tensor g = gradients[0];
        if (gradients[1].defined()) {
            const at::Tensor own = normalized_backward(saved[0], context->saved_data["leaf"].toTensor(), saved[1],
                                                       gradients[1].contiguous());
            g = g.defined() ? own.add_(g) : own;
        }
        const auto type = static_cast<at::ScalarType>(context->saved_data["type"].toInt());
        return {g, g.to(type), at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace aha::detail::inline AHA_KERNELS_NAMESPACE

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Adds a block's output to the residual stream and normalizes the sum for the next block (`rms_norm`), in one pass,
/// differentiable.
/// @param x [T, D] float32, contiguous
/// @param delta [T, D] compute type, contiguous
/// @param leaf [D] float32, the next block's norm
inline residual residual_norm(const at::Tensor& x, const at::Tensor& delta, const at::Tensor& leaf, double eps) {
    if (!at::GradMode::is_enabled()) {
        const detail::residual_sums r = detail::add_and_normalize(x, delta, leaf, eps);
        return {r.stream, r.normalized};
    }
    const torch::autograd::variable_list r = detail::residual_norm_function::apply(x, delta, leaf, eps);
    return {r[0], r[1]};
}

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
