#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace aha {

/// The k1 estimate of KL(pi_theta || pi_ref) at each token, log(pi_theta / pi_ref): unbiased in value when tokens come
/// from pi_theta, of either sign (Schulman 2020). Its gradient is that of log pi_theta, 0 on average: in a loss it only
/// adds noise.
/// @param log_probs [N] log pi_theta, differentiable
/// @param ref_log_probs [N] log pi_ref
/// @return [N]
inline at::Tensor kl_k1(const at::Tensor& log_probs, const at::Tensor& ref_log_probs) {
    return log_probs - ref_log_probs;
}

}  // namespace aha
