#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cmath>
#include <limits>

#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/regularized_loss.hpp>

namespace aha {

/// Numbers of `grpo_loss`.
struct grpo_loss_options {
    double clip_low = 0.2;               ///< the gradient stops below 1 - clip_low where the advantage is negative
    double clip_high = 0.2;              ///< and above 1 + clip_high where it is positive
    double dual_clip = 0;                ///< and above this where it is negative; more than 1 + clip_high, or 0: off
    double beta = 0;                     ///< weight of the KL term; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;  ///< how the divergence is estimated
    double entropy_bonus = 0;            ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const grpo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        detail::require_clip_range(clip_low, clip_high);
        require(dual_clip == 0 || (dual_clip > 1 + clip_high && std::isfinite(dual_clip)),
                "dual_clip must be 0 (off) or more than 1 + clip_high = ", 1 + clip_high, ", not ", dual_clip);
    }
};

/// The token-level objective of GRPO (DeepSeekMath, equations 3 and 4): clipped surrogate minus beta times an estimate
/// of the KL divergence to the reference, k3 as in the paper unless asked otherwise. With `dual_clip` tokens of
/// negative advantage whose ratio has become large stop too (Ye et al. 2020; INTELLECT-2; TRL's `delta`). How tokens
/// are averaged is the aggregation's business.
///
/// Metrics: those of `regularized_loss` and of `clip_counts`.
class grpo_loss : public regularized_loss<grpo_loss_options> {
public:
    explicit grpo_loss(grpo_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        const grpo_loss_options& o = options();
        const double cap = o.dual_clip > 0 ? o.dual_clip : std::numeric_limits<double>::infinity();
        const at::Tensor ratio = bounded_ratio(batch.log_probs - batch.old_log_probs);  // [N]
        loss_output out = finish(-clipped_surrogate(ratio, batch.advantages, o.clip_low, o.clip_high, cap), batch);
        out.sums.merge(clip_counts(ratio, batch.advantages, o.clip_low, o.clip_high));
        return out;
    }
};

}  // namespace aha
