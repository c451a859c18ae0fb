#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace aha {

/// -log p of each token: maximum likelihood.
struct cross_entropy {
    /// @param log_probs [N]
    /// @return [N]
    at::Tensor operator()(const at::Tensor& log_probs) const { return -log_probs; }
};

}  // namespace aha
