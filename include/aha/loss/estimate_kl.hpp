#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <aha/kernels/kl_estimator.hpp>
#include <aha/loss/kl_k1.hpp>
#include <aha/loss/kl_k2.hpp>
#include <aha/loss/kl_k3.hpp>

namespace aha {

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
