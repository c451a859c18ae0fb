#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/core/Reduction.h>

namespace aha {

/// Cross-entropy of a label with sigmoid(score), for texts that are judged one by one: a score is the log-odds that the
/// text is good. DeepSeek-R1's safety reward model is trained "pointwise" on safe and unsafe answers; the form is not
/// published, and this is the natural reading.
struct pointwise {
    /// @param scores [S]
    /// @param labels [S], in [0, 1]
    /// @return the loss of each text, [S]
    at::Tensor operator()(const at::Tensor& scores, const at::Tensor& labels) const {
        return at::binary_cross_entropy_with_logits(scores, labels, {}, {}, at::Reduction::None);
    }
};

}  // namespace aha
