#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/expm1.h>

#include <aha/core/kl_estimator.hpp>
#include <aha/kernels/log_ratio.hpp>
#include <aha/loss/clipped_surrogate.hpp>

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

/// The k2 estimate of KL(pi_theta || pi_ref) at each token, log(pi_theta / pi_ref)^2 / 2: never negative and biased in
/// value (Schulman 2020), but its gradient is that of the divergence on average when tokens come from pi_theta.
/// @param log_probs [N] log pi_theta, differentiable
/// @param ref_log_probs [N] log pi_ref
/// @return [N]
inline at::Tensor kl_k2(const at::Tensor& log_probs, const at::Tensor& ref_log_probs) {
    const at::Tensor log_ratio = log_probs - ref_log_probs;
    return log_ratio * log_ratio / 2;
}

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

/// KL(pi_theta || pi_ref) at each token by the estimator that is asked for.
/// @param log_probs [N] log pi_theta, differentiable
/// @param ref_log_probs [N] log pi_ref
/// @param ratio [N] pi_theta / pi_old, differentiable; read by `kl_estimator::unbiased` alone
/// @return [N]
inline at::Tensor estimate_kl(kl_estimator estimator, const at::Tensor& log_probs, const at::Tensor& ref_log_probs,
                              const at::Tensor& ratio) {
    switch (estimator) {
        case kl_estimator::k1: return kl_k1(log_probs, ref_log_probs);
        case kl_estimator::k2: return kl_k2(log_probs, ref_log_probs);
        case kl_estimator::unbiased: return ratio * kl_k3(log_probs, ref_log_probs);
        case kl_estimator::k3: break;
    }
    return kl_k3(log_probs, ref_log_probs);
}

}  // namespace aha
