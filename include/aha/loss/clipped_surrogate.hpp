#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/minimum.h>
#include <cmath>
#include <limits>

namespace aha {

/// min(ratio A, clip(ratio, 1 - low, 1 + high) A) for each token (Schulman et al. 2017, equation 7; separate bounds as
/// in DAPO's clip-higher, Yu et al. 2025, section 3.1). To be maximized.
/// @param ratio [N] pi_theta / pi_old, differentiable
/// @param advantages [N]
/// @param cap beyond 1 + high: for negative advantages the term is at least cap A (dual clip, Ye et al. 2020; TRL's
///     `delta`)
/// @return [N]
inline at::Tensor clipped_surrogate(const at::Tensor& ratio, const at::Tensor& advantages, double low, double high,
                                    double cap = std::numeric_limits<double>::infinity()) {
    const at::Tensor capped = std::isfinite(cap) ? at::clamp_max(ratio, cap) : ratio;
    return at::minimum(capped * advantages, at::clamp(ratio, 1 - low, 1 + high) * advantages);
}

}  // namespace aha
