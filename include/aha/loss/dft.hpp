#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace aha {

/// Dynamic fine-tuning (Wu et al. 2025, equation 9; TRL's `dft`): cross-entropy times the token's own probability,
/// which is held constant. Tokens that the model finds absurd teach little.
struct dft {
    /// @param log_probs [N]
    /// @return [N]
    at::Tensor operator()(const at::Tensor& log_probs) const { return -log_probs.detach().exp() * log_probs; }
};

}  // namespace aha
