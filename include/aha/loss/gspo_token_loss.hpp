#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones_like.h>

#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/gspo_loss.hpp>
#include <aha/loss/regularized_loss.hpp>
#include <aha/loss/sequence_totals.hpp>

namespace aha {

/// GSPO-token (Zheng et al. 2025, section 4.3): the ratio has the value of the completion's, exp of its mean log-ratio,
/// and the gradient of the token's own. Where all tokens of a completion have the same advantage and weight it equals
/// `gspo_loss` in value and gradient; where advantages differ from token to token (`process_advantage`) each token
/// follows its own.
///
/// Metrics: those of `regularized_loss` and of `clip_counts`.
class gspo_token_loss : public regularized_loss<gspo_loss_options> {
public:
    explicit gspo_token_loss(gspo_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor own = batch.log_probs - batch.log_probs.detach();  // [N] zeros that carry the gradient
        const at::Tensor log_ratio = batch.log_probs.detach() - batch.old_log_probs;
        const at::Tensor tokens = sequence_totals(at::ones_like(batch.old_log_probs), batch);
        const at::Tensor ratio = bounded_ratio(sequence_totals(log_ratio, batch) / tokens + own);
        loss_output out =
            finish(-clipped_surrogate(ratio, batch.advantages, options().clip_low, options().clip_high), batch);
        out.sums.merge(clip_counts(ratio, batch.advantages, options().clip_low, options().clip_high));
        return out;
    }
};

}  // namespace aha
