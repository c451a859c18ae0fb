#pragma once

#include <ATen/core/Tensor.h>
#include <map>
#include <string>

namespace aha {

/// What a policy loss reads: one entry per completion token of a microbatch, flat, never padded.
struct policy_batch {
    at::Tensor log_probs;      ///< [N] log pi_theta(token), differentiable (trainer)
    at::Tensor old_log_probs;  ///< [N] log pi_old(token), constant; the sampler's, or `log_probs` detached (trainer)
    at::Tensor ref_log_probs;  ///< [N] log pi_ref(token), constant; undefined without a KL term (trainer)
    at::Tensor entropies;      ///< [N] nats, of the distribution at each token, differentiable; undefined unless the
                               ///< loss has a `needs_entropy()` that says so (trainer)
    at::Tensor advantages;     ///< [N] the completion's advantage at each of its tokens (trainer)
    at::Tensor weights;   ///< [N] 1 / denominator of each token, from the aggregation over the whole batch (trainer)
    at::Tensor sequence;  ///< [N] int64: index of the completion in the microbatch (trainer)
    std::int64_t sequences = 0;  ///< completions in the microbatch
};

/// What a policy loss returns: an unreduced sum, so that microbatches add up to the whole batch exactly.
struct loss_output {
    at::Tensor loss;                         ///< scalar: sum over tokens of weight x per-token loss
    std::map<std::string, at::Tensor> sums;  ///< scalars to be summed over microbatches and divided by the batch's
                                             ///< completion tokens for metrics: "kl", "clip_ratio/low_mean", ...
};

}  // namespace aha
