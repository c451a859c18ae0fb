#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/kernels/log_ratio.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/estimate_kl.hpp>
#include <aha/loss/regularized_loss.hpp>
#include <aha/loss/sequence_totals.hpp>

namespace aha {

/// Numbers of `sequence_ratio_loss`.
struct sequence_ratio_loss_options {
    double clip_low = 10;                ///< the gradient stops below 1 - clip_low where the advantage is negative;
                                         ///< never if this is 1 or more, for ratios are positive
    double clip_high = 10;               ///< and above 1 + clip_high where it is positive
    double beta = 0;                     ///< weight of the KL term, of whole completions; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;  ///< how the divergence is estimated
    double entropy_bonus = 0;            ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const sequence_ratio_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(clip_low >= 0 && std::isfinite(clip_low), "clip_low must be 0 or more, not ", clip_low);
        require(clip_high >= 0 && std::isfinite(clip_high), "clip_high must be 0 or more, not ", clip_high);
    }
};

/// GRPO as the R1 papers print it (DeepSeek-R1, equations 1 to 3; clip range 10 as in the paper's later versions): the
/// ratio is pi_theta(o) / pi_old(o) of the whole completion, and so are the probabilities in the KL term. With
/// `sequence_mean` it is the printed objective exactly: the mean over completions of one term each. It is also the loss
/// of TRL's RLOO trainer, whose clip range is 0.2.
///
/// Departure: log-ratios of whole completions are held within `log_ratio_bound`, so that float32 does not overflow.
///
/// Metrics: those of `regularized_loss`, where `kl` is of whole completions and weighs them by their tokens, and of
/// `clip_counts`.
class sequence_ratio_loss : public regularized_loss<sequence_ratio_loss_options> {
public:
    explicit sequence_ratio_loss(sequence_ratio_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor ratio = log_ratio(batch.log_probs, batch.old_log_probs, batch).exp();  // [N]
        at::Tensor kl;
        if (needs_reference())
            kl = estimate_kl(options().kl, log_ratio(batch.log_probs, batch.ref_log_probs, batch),
                             at::zeros({}, ratio.options()), ratio);
        loss_output out =
            finish(-clipped_surrogate(ratio, batch.advantages, options().clip_low, options().clip_high), kl, batch);
        out.sums.merge(clip_counts(ratio, batch.advantages, options().clip_low, options().clip_high));
        return out;
    }

private:
    /// Of whole completions, at each of their tokens, [N].
    static at::Tensor log_ratio(const at::Tensor& log_probs, const at::Tensor& others, const policy_batch& batch) {
        return bounded_log_ratio(sequence_totals(log_probs - others, batch));
    }
};

}  // namespace aha
