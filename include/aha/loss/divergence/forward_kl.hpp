#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp_min.h>

#include <aha/concepts/divergence.hpp>

namespace aha {

/// KL(p || q), teacher p, student q: the student covers all that the teacher may say (Hinton et al. 2015, section 2,
/// without their factor T^2). Outcomes of probability 0 under the teacher count nothing.
struct forward_kl {
    /// @param log_q, log_p [n, B]
    divergence_output operator()(const at::Tensor& log_q, const at::Tensor& log_p) const {
        const at::Tensor p = log_p.exp();
        constexpr double nothing = -1e30;  // 0 times this is 0, 0 times -inf is not
        return {(p * (log_p.clamp_min(nothing) - log_q.clamp_min(nothing))).sum(1), -p};
    }
};

}  // namespace aha
