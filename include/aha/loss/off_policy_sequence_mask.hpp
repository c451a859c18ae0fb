#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones_like.h>
#include <cmath>
#include <concepts>
#include <utility>

#include <aha/concepts/policy_loss.hpp>
#include <aha/core/error.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/sequence_totals.hpp>

namespace aha {

/// Another loss, without the completions that were bad and that the policy has already left (DeepSeek-V3.2,
/// arXiv 2512.02556, section 3.1; TRL's `off_policy_mask_threshold`): those of negative advantage whose mean
/// log(pi_old / pi_theta) over their tokens is above a threshold. They keep their place in the denominators.
///
/// Metrics: the other loss's, and `off_policy_masked`, the share of tokens left out.
/// @tparam Loss the other loss
template <class Loss>
class off_policy_sequence_mask {
    static_assert(require_policy_loss<Loss>());

public:
    /// @param threshold in nats; TRL's example has 0.5, slime 1e-4
    /// Throws `aha::error` naming the threshold if it makes no sense.
    explicit off_policy_sequence_mask(Loss loss = Loss{}, double threshold = 0.5)
        : loss_{std::move(loss)}, threshold_{threshold} {
        require(std::isfinite(threshold) && threshold >= 0, "threshold must be 0 or more, not ", threshold);
    }

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor left = batch.old_log_probs - batch.log_probs.detach();  // [N]
        const at::Tensor mean = sequence_totals(left, batch) / sequence_totals(at::ones_like(left), batch);
        const at::Tensor masked = (batch.advantages < 0).logical_and(mean > threshold_);
        policy_batch rest = batch;
        rest.weights = batch.weights.masked_fill(masked, 0);
        loss_output out = loss_(rest);
        out.sums["off_policy_masked"] = masked.sum();
        return out;
    }

    bool needs_reference() const { return loss_.needs_reference(); }
    bool ignores_zero_advantage() const { return loss_.ignores_zero_advantage(); }
    bool needs_entropy() const
        requires loss_says_whether_it_needs_entropy<Loss>
    {
        return loss_.needs_entropy();
    }

    const Loss& loss() const { return loss_; }       ///< the other loss
    double threshold() const { return threshold_; }  ///< as given

private:
    Loss loss_;
    double threshold_;
};

}  // namespace aha
