#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <aha/concepts/divergence.hpp>

namespace aha {

/// KL(q || p), teacher p, student q: the student says only what the teacher may say (Gu et al. 2024, MiniLLM, equation
/// 1, token by token). Infinite where the student says what has probability 0 under the teacher.
struct reverse_kl {
    /// @param log_q, log_p [n, B]
    divergence_output operator()(const at::Tensor& log_q, const at::Tensor& log_p) const {
        const at::Tensor terms = log_q.exp() * (log_q - log_p);
        return {terms.sum(1), terms};  // q times dD/dq, less q
    }
};

}  // namespace aha
