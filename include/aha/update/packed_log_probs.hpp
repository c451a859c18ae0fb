#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/index_select.h>
#include <cstdint>

#include <aha/loss/chunked_log_probs.hpp>

namespace aha {

/// Log-probs, and entropies if asked for, of a packed row's predictions, in order, under `model`; differentiable unless
/// gradients are switched off. Hidden states are computed for the whole row, logits in chunks: no logits tensor.
/// @param packed a row with its predictions: `packed_groups`, `packed_examples`
/// @param options all but `keep_bytes`, which follows from the model's type
/// @return [N] float32
template <class Model, class Packed>
token_log_probs packed_log_probs(const Model& model, const Packed& packed, log_prob_options options = {}) {
    const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);  // [N, D]
    // Logits of a small batch are cheaper kept than computed again; with bfloat16 there is memory left for more.
    options.keep_bytes = hidden.scalar_type() == at::kFloat ? 256 << 20 : 512 << 20;
    return compute_log_probs(hidden, model.head(), packed.predictions.targets, options);
}

}  // namespace aha
