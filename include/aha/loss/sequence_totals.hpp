#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/zeros.h>

#include <aha/core/error.hpp>
#include <aha/core/policy_batch.hpp>

namespace aha {

/// The sum of `values` over each completion, given at each of its tokens. Microbatches never split a completion, so it
/// does not depend on how a batch was cut.
/// @param values [N], differentiable
/// @return [N]
inline at::Tensor sequence_totals(const at::Tensor& values, const policy_batch& batch) {
    require(batch.sequence.defined() && batch.sequences > 0,
            "a loss of whole completions needs to know which token is whose; the batch's `sequence` is missing");
    const at::Tensor none = at::zeros({batch.sequences}, values.options());  // [S]
    return none.index_add(0, batch.sequence, values).index_select(0, batch.sequence);
}

}  // namespace aha
