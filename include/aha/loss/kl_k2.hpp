#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace aha {

/// The k2 estimate of KL(pi_theta || pi_ref) at each token, log(pi_theta / pi_ref)^2 / 2: never negative and biased in
/// value (Schulman 2020), but its gradient is that of the divergence on average when tokens come from pi_theta.
/// @param log_probs [N] log pi_theta, differentiable
/// @param ref_log_probs [N] log pi_ref
/// @return [N]
inline at::Tensor kl_k2(const at::Tensor& log_probs, const at::Tensor& ref_log_probs) {
    const at::Tensor log_ratio = log_probs - ref_log_probs;
    return log_ratio * log_ratio / 2;
}

}  // namespace aha
