#pragma once

#include <ATen/core/Tensor.h>

namespace aha {

/// What is kept of a distribution over the vocabulary, row by row: its largest probabilities and what is left.
struct top_k_rows {
    at::Tensor ids;        ///< [N, k] int32, distinct tokens of each row, the likeliest first
    at::Tensor log_probs;  ///< [N, k] float32, of these tokens
    at::Tensor tail;       ///< [N] float32, log of the mass of all other tokens; -inf if there are none
};

}  // namespace aha
