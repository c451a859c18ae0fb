#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/expm1.h>

#include <aha/loss/bounded_ratio.hpp>

namespace aha {

/// The k3 estimate of KL(pi_theta || pi_ref) at each token, pi_ref / pi_theta - log(pi_ref / pi_theta) - 1: never
/// negative, and unbiased in value when tokens come from pi_theta (Schulman 2020; DeepSeekMath, equation 4). The
/// log-ratio is held within `log_ratio_bound`, as verl does.
/// @param log_probs [N] log pi_theta, differentiable
/// @param ref_log_probs [N] log pi_ref
/// @return [N]
inline at::Tensor kl_k3(const at::Tensor& log_probs, const at::Tensor& ref_log_probs) {
    const at::Tensor log_ratio = bounded_log_ratio(ref_log_probs - log_probs);
    return at::expm1(log_ratio) - log_ratio;
}

}  // namespace aha
