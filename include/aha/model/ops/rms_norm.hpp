#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sum.h>
#include <algorithm>
#include <cmath>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>

#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/dispatch.hpp>
#include <aha/kernels/elementwise.cuh>
#include <aha/kernels/lanes.hpp>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/with_type.hpp>

namespace aha::detail::inline AHA_KERNELS_NAMESPACE {

template <class In, class Out>
void rms_norm_rows(const In* x, const float* w, Out* y, float* inverse, std::int64_t rows, std::int64_t width,
                   float eps) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 32768 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const In* xt = x + t * width;
            Out* yt = y + t * width;
            const float squares = lane_sum(width, [xt](std::int64_t i) {
                const auto v = static_cast<float>(xt[i]);
                return v * v;
            });
            const float r = 1.0F / std::sqrt(squares / static_cast<float>(width) + eps);
            inverse[t] = r;
            for (std::int64_t i = 0; i < width; ++i) yt[i] = static_cast<Out>(static_cast<float>(xt[i]) * r * w[i]);
        }
    });
}

/// dx = r (w gy - xhat mean(w gy xhat)), dw += sum over rows of gy xhat, with xhat = r x.
template <class In, class Out>
void rms_norm_rows_backward(const In* x, const float* w, const float* inverse, const Out* gy, In* gx, float* gw,
                            std::int64_t rows, std::int64_t width) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 32768 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const In* xt = x + t * width;
            const Out* gt = gy + t * width;
            const float r = inverse[t];
            const float dot = lane_sum(
                width, [=](std::int64_t i) { return w[i] * static_cast<float>(gt[i]) * static_cast<float>(xt[i]); });
            const float shift = dot * r * r / static_cast<float>(width);
            In* out = gx + t * width;
            for (std::int64_t i = 0; i < width; ++i)
                out[i] = static_cast<In>(r * (w[i] * static_cast<float>(gt[i]) - shift * static_cast<float>(xt[i])));
        }
    });
    if (gw == nullptr) return;
    constexpr std::int64_t stripe = 64;  // columns a task owns: sums run over rows in order, whatever the thread count
    at::parallel_for(0, (width + stripe - 1) / stripe, 1, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t from = begin * stripe, to = std::min(width, end * stripe);
        for (std::int64_t t = 0; t < rows; ++t)
            for (std::int64_t i = from; i < to; ++i)
                gw[i] += static_cast<float>(gy[t * width + i]) * static_cast<float>(x[t * width + i]) * inverse[t];
    });
}

/// The normalized rows in `type`, and the inverse root mean squares.
inline std::pair<at::Tensor, at::Tensor> normalized(const at::Tensor& x, const at::Tensor& leaf, double eps,
                                                    at::ScalarType type) {
    const std::int64_t width = x.size(-1), rows = x.numel() / width;
    const auto on_cpu = [&] {
        const at::Tensor y = at::empty(x.sizes(), x.options().dtype(type));
        const at::Tensor inverse = at::empty({rows}, x.options().dtype(at::kFloat));
        with_types(x.scalar_type(), type, [&]<class In, class Out>(In*, Out*) {
            rms_norm_rows(x.const_data_ptr<In>(), leaf.const_data_ptr<float>(), y.mutable_data_ptr<Out>(),
                          inverse.mutable_data_ptr<float>(), rows, width, static_cast<float>(eps));
        });
        return std::pair{y, inverse};
    };
    return dispatch(x.device(), on_cpu, [&] {
        const at::Tensor wide = x.to(at::kFloat);
        const at::Tensor inverse = at::rsqrt(at::mean(wide * wide, {-1}, true) + eps);
        return std::pair{(wide * inverse * leaf).to(type), inverse};
    });
}

/// The gradient of x; that of the weight is added to `leaf.grad()`.
inline at::Tensor normalized_backward(const at::Tensor& x, const at::Tensor& leaf, const at::Tensor& inverse,
                                      const at::Tensor& gy) {
    const std::int64_t width = x.size(-1), rows = x.numel() / width;
    const bool train = leaf.requires_grad();
    const auto on_cpu = [&] {
        const at::Tensor gx = at::empty_like(x);
        with_types(x.scalar_type(), gy.scalar_type(), [&]<class In, class Out>(In*, Out*) {
            rms_norm_rows_backward(x.const_data_ptr<In>(), leaf.const_data_ptr<float>(),
                                   inverse.const_data_ptr<float>(), gy.const_data_ptr<Out>(), gx.mutable_data_ptr<In>(),
                                   train ? leaf.grad().mutable_data_ptr<float>() : nullptr, rows, width);
        });
        return gx;
    };
    const auto by_kernel = [&] {
        const at::Tensor gx = at::empty_like(x);
        with_types(x.scalar_type(), gy.scalar_type(), [&]<class In, class Out>(In*, Out*) {
            using backward = norm_rows_backward<In, Out>;
            const std::int64_t blocks = (rows + backward::stretch - 1) / backward::stretch;
            const at::Tensor parts = at::empty({train ? blocks : 0, width}, inverse.options());
            launch(backward{.x = x.const_data_ptr<In>(),
                            .weight = leaf.const_data_ptr<float>(),
                            .inverse = inverse.const_data_ptr<float>(),
                            .gradient = gy.const_data_ptr<Out>(),
                            .rows = rows,
                            .width = width,
                            .out = gx.mutable_data_ptr<In>(),
                            .weight_parts = train ? parts.mutable_data_ptr<float>() : nullptr},
                   blocks, x.device());
            if (train) leaf.grad().add_(at::sum(parts, {0}));
        });
        return gx;
    };
    return dispatch(x.device(), on_cpu, by_kernel, [&] {
        const at::Tensor hat = x.to(at::kFloat) * inverse, wide = gy.to(at::kFloat);
        const at::Tensor scaled = wide * leaf.detach();
        if (train) leaf.grad().add_(at::sum((wide * hat).view({rows, width}), {0}));
        return ((scaled - hat * at::mean(scaled * hat, {-1}, true)) * inverse).to(x.scalar_type());
    });
}

struct rms_norm_function : torch::autograd::Function<rms_norm_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& leaf, double eps, at::ScalarType type) {
        const at::Tensor x = input.contiguous();
        const auto [y, inverse] = normalized(x, leaf, eps, type);
        context->save_for_backward({x, inverse});
        context->saved_data["leaf"] = leaf;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        return {
            normalized_backward(saved[0], context->saved_data["leaf"].toTensor(), saved[1], gradients[0].contiguous()),
            at::Tensor{}, at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace aha::detail::inline AHA_KERNELS_NAMESPACE

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Root-mean-square normalization over the last dimension (Zhang & Sennrich 2019): `x / sqrt(mean(x^2) + eps) *
/// weight`, computed in float32. The weight's gradient is added to `leaf.grad()` in place.
/// @param x [..., D] float32 or bfloat16
/// @param leaf [D] float32
/// @param type of the result
inline at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& leaf, double eps, at::ScalarType type) {
    if (!at::GradMode::is_enabled()) return detail::normalized(x.contiguous(), leaf, eps, type).first;
    return detail::rms_norm_function::apply(x, leaf, eps, type);
}

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
