#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace aha {

/// What is known of one side of each pair, the chosen or the rejected completions.
struct side_log_probs {
    at::Tensor policy;     ///< [P] float64, log-prob of the whole completion: the sum over its tokens, differentiable
    at::Tensor reference;  ///< [P] float64, the same under the reference policy; undefined unless the loss needs it
    at::Tensor tokens;     ///< [P] float64, how many tokens each completion has, its end token included

    /// log policy - log reference of each completion, [P].
    at::Tensor log_ratios() const { return policy - reference; }
};

/// The pairs of a microbatch as a preference loss sees them.
struct preference_log_probs {
    side_log_probs chosen;    ///< the preferred completions
    side_log_probs rejected;  ///< the others, in the same order
};

}  // namespace aha
