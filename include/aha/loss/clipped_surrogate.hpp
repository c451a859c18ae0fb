#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/minimum.h>

namespace aha {

/// min(ratio A, clip(ratio, 1 - low, 1 + high) A) for each token (Schulman et al. 2017, equation 7; separate bounds as
/// in DAPO's clip-higher, Yu et al. 2025, section 3.1). To be maximised.
/// @param ratio [N] pi_theta / pi_old, differentiable
/// @param advantages [N]
/// @return [N]
inline at::Tensor clipped_surrogate(const at::Tensor& ratio, const at::Tensor& advantages, double low, double high) {
    return at::minimum(ratio * advantages, at::clamp(ratio, 1 - low, 1 + high) * advantages);
}

}  // namespace aha
