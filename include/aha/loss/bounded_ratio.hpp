#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>

#include <aha/kernels/log_ratio.hpp>

namespace aha {

/// A log-ratio within `log_ratio_bound`, differentiable; constant, without a gradient, beyond it.
/// @param log_ratio [N]
/// @return [N]
inline at::Tensor bounded_log_ratio(const at::Tensor& log_ratio) {
    return at::clamp(log_ratio, -log_ratio_bound, log_ratio_bound);
}

/// pi / pi_other of tokens (or completions) from their log-ratio, never infinite: see `log_ratio_bound`.
/// @param log_ratio [N] log pi - log pi_other, differentiable
/// @return [N]
inline at::Tensor bounded_ratio(const at::Tensor& log_ratio) { return bounded_log_ratio(log_ratio).exp(); }

}  // namespace aha
