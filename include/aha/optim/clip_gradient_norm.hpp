#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <aha/kernels/lanes.hpp>
#include <aha/core/parameters.hpp>

namespace aha {

/// Scales all gradients so that their joint Euclidean norm is at most `largest`, as torch.nn.utils.clip_grad_norm_
/// does. The sum runs over fixed blocks, so it is the same on every thread count.
/// @param largest 0: measure only
/// @return the norm before scaling; NaN or infinity leaves the gradients as they are
inline double clip_gradient_norm(const parameters& weights, double largest) {
    const at::NoGradGuard no_gradients;
    const at::Tensor& gradients = weights.gradients();
    double squares = 0;
    if (gradients.is_cpu()) {
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
        for (const double p : partial) squares += p;
    } else {
        const double norm = at::linalg_vector_norm(gradients, 2, {}, false, at::kDouble).item<double>();
        squares = norm * norm;
    }
    const double norm = std::sqrt(squares);
    const double scale = largest / (norm + 1e-6);
    if (largest > 0 && std::isfinite(norm) && scale < 1) gradients.mul_(scale);
    return norm;
}

}  // namespace aha
