#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <aha/core/parameters.hpp>
#include <aha/kernels/lanes.hpp>

namespace aha {

/// The Euclidean norm of all gradients. The sum runs over fixed blocks, so it is the same on every thread count.
inline double gradient_norm(const parameters& weights) {
    const at::NoGradGuard no_gradients;
    const at::Tensor& gradients = weights.gradients();
    if (!gradients.is_cpu()) return at::linalg_vector_norm(gradients, 2, {}, false, at::kDouble).item<double>();
    constexpr std::int64_t block = 1 << 14;
    const float* data = gradients.const_data_ptr<float>();
    const std::int64_t total = gradients.numel(), blocks = (total + block - 1) / block;
    std::vector<double> partial(static_cast<std::size_t>(blocks));
    at::parallel_for(0, blocks, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t b = begin; b < end; ++b) {
            const float* x = data + b * block;
            partial[static_cast<std::size_t>(b)] =
                lane_sum(std::min(block, total - b * block), [x](std::int64_t i) { return x[i] * x[i]; });
        }
    });
    double squares = 0;
    for (const double p : partial) squares += p;
    return std::sqrt(squares);
}

/// Scales the gradients of several sets of parameters (a model and a head beside it) by one factor, so that their joint
/// Euclidean norm is at most `largest`, as torch.nn.utils.clip_grad_norm_ does.
/// @param largest 0: measure only
/// @param add_ranks gives the sum of a number over the ranks that hold the other parts of the gradient
/// @return the norm before scaling; NaN or infinity leaves the gradients as they are
template <class AddRanks = std::identity>
double clip_gradient_norm(std::span<const parameters* const> sets, double largest, const AddRanks& add_ranks = {}) {
    double squares = 0;
    for (const parameters* const one : sets) {
        const double norm = gradient_norm(*one);
        squares += norm * norm;
    }
    const double norm = std::sqrt(add_ranks(squares));
    const double scale = largest / (norm + 1e-6);
    if (largest > 0 && std::isfinite(norm) && scale < 1) {
        const at::NoGradGuard no_gradients;
        for (const parameters* const one : sets) one->gradients().mul_(scale);
    }
    return norm;
}

/// The same for one set of parameters.
inline double clip_gradient_norm(const parameters& weights, double largest) {
    const parameters* const alone = &weights;
    return clip_gradient_norm(std::span{&alone, 1}, largest);
}

}  // namespace aha
