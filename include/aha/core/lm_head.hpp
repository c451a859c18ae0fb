#pragma once

#include <ATen/core/Tensor.h>

namespace aha {

/// The matrix that turns hidden states into logits.
struct lm_head {
    at::Tensor weight;     ///< [V, D] float32 leaf: receives the gradient
    at::Tensor compute;    ///< [V, D] in the type of products; the same values
    at::Tensor blocked{};  ///< the same values laid out by `aha::blocked_in_float`; may stay undefined
};

}  // namespace aha
