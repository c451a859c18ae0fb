#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_or.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/kl_k3.hpp>

namespace aha {

/// Numbers of `grpo_loss`.
struct grpo_loss_options {
    double clip_low = 0.2;     ///< the ratio's gradient stops below 1 - clip_low where the advantage is negative
    double clip_high = 0.2;    ///< and above 1 + clip_high where it is positive
    double beta = 0;           ///< weight of the KL term; 0: no reference is kept
    bool unbiased_kl = false;  ///< multiply the KL term by the ratio, so that its gradient is that of the KL divergence
                               ///< (DeepSeek-V3.2, section 3.1; TRL's `use_bias_correction_kl`, on by default there)
    bool operator==(const grpo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(clip_low >= 0 && clip_low <= 1, "clip_low must be in [0, 1], not ", clip_low);
        require(clip_high >= 0 && std::isfinite(clip_high), "clip_high must be 0 or more, not ", clip_high);
        require(beta >= 0 && std::isfinite(beta), "beta must be 0 or more, not ", beta);
    }
};

/// The token-level objective of GRPO (DeepSeekMath, equations 3 and 4): clipped surrogate minus beta times the k3
/// estimate of the KL divergence to the reference. How tokens are averaged is the aggregation's business.
///
/// Metrics, means over completion tokens: `kl`, and `clip_ratio/low_mean`, `/high_mean`, `/region_mean`, the shares of
/// tokens whose ratio is outside the clip range on the side where that stops the gradient.
class grpo_loss {
public:
    explicit grpo_loss(grpo_loss_options options = {}) : options_{options} { options_.validate(); }

    const grpo_loss_options& options() const { return options_; }
    bool needs_reference() const { return options_.beta > 0; }
    /// Only the KL term moves a token whose advantage is 0.
    bool zero_advantage_is_free() const { return options_.beta == 0; }

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor ratio = (batch.log_probs - batch.old_log_probs).exp();  // [N]
        at::Tensor loss = -clipped_surrogate(ratio, batch.advantages, options_.clip_low, options_.clip_high);
        loss_output out;
        if (needs_reference()) {
            const at::Tensor k3 = kl_k3(batch.log_probs, batch.ref_log_probs);
            const at::Tensor kl = options_.unbiased_kl ? ratio * k3 : k3;
            loss = loss + options_.beta * kl;
            out.sums["kl"] = kl.detach().sum();
        }
        out.loss = (loss * batch.weights).sum();
        const at::Tensor fixed = ratio.detach();
        const at::Tensor low = (fixed < 1 - options_.clip_low).logical_and(batch.advantages < 0);
        const at::Tensor high = (fixed > 1 + options_.clip_high).logical_and(batch.advantages > 0);
        out.sums["clip_ratio/low_mean"] = low.sum();
        out.sums["clip_ratio/high_mean"] = high.sum();
        out.sums["clip_ratio/region_mean"] = low.logical_or(high).sum();
        return out;
    }

private:
    grpo_loss_options options_;
};

}  // namespace aha
