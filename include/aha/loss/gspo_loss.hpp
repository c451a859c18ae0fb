#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones_like.h>

#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/regularized_loss.hpp>
#include <aha/loss/sequence_totals.hpp>

namespace aha {

/// Numbers of `gspo_loss` and `gspo_token_loss`. Means of log-ratios are small, and so is their clip range (section 5.1
/// of the paper).
struct gspo_loss_options {
    double clip_low = 3e-4;              ///< the gradient stops below 1 - clip_low where the advantage is negative
    double clip_high = 4e-4;             ///< and above 1 + clip_high where it is positive
    double beta = 0;                     ///< weight of the KL term, token by token; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;  ///< how the divergence is estimated; `unbiased` takes the token's own ratio
                                         ///< (TRL 1.16 takes the sequence's)
    double entropy_bonus = 0;            ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const gspo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const { detail::require_clip_range(clip_low, clip_high); }
};

/// Group Sequence Policy Optimization (Zheng et al. 2025, section 4.1; TRL's `importance_sampling_level="sequence"`):
/// every token of a completion has the same ratio, exp of the mean over its tokens of log(pi_theta / pi_old), and is
/// clipped with all others. With `sequence_mean`, the paper's objective.
///
/// Metrics: those of `regularized_loss` and of `clip_counts`.
class gspo_loss : public regularized_loss<gspo_loss_options> {
public:
    explicit gspo_loss(gspo_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor log_ratio = batch.log_probs - batch.old_log_probs;  // [N]
        const at::Tensor tokens = sequence_totals(at::ones_like(batch.old_log_probs), batch);
        const at::Tensor ratio = bounded_ratio(sequence_totals(log_ratio, batch) / tokens);
        loss_output out =
            finish(-clipped_surrogate(ratio, batch.advantages, options().clip_low, options().clip_high), batch);
        out.sums.merge(clip_counts(ratio, batch.advantages, options().clip_low, options().clip_high));
        return out;
    }
};

}  // namespace aha
