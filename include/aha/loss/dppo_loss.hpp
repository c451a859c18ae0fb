#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/regularized_loss.hpp>

namespace aha {

/// Numbers of `dppo_loss`.
struct dppo_loss_options {
    double rise = 0.2;                   ///< how far a token's probability may rise where the advantage is positive
    double fall = 0.2;                   ///< how far it may fall where the advantage is negative
    double largest_weight = 20;          ///< the ratio's weight is cut at this number
    double beta = 0;                     ///< weight of the KL term; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;  ///< how the divergence is estimated
    double entropy_bonus = 0;            ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const dppo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(rise >= 0 && rise <= 1, "rise must be in [0, 1], not ", rise);
        require(fall >= 0 && fall <= 1, "fall must be in [0, 1], not ", fall);
        require(largest_weight > 0 && std::isfinite(largest_weight), "largest_weight must be positive, not ",
                largest_weight);
    }
};

/// PPO whose trust region is one of probabilities (DPPO-TV, arXiv 2602.04879): -min(r, 20) A log pi with the ratio r as
/// a constant weight, and no gradient from a token whose probability has already moved by more than a bound the way its
/// advantage pushes. A ratio of 3 is far for a token of probability 0.3 and nothing for one of 1e-5; clipping ratios
/// holds the second back and hardly the first.
///
/// Metrics: those of `regularized_loss`, and `clip_ratio/region_mean`, the share of tokens without a gradient.
class dppo_loss : public regularized_loss<dppo_loss_options> {
public:
    explicit dppo_loss(dppo_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor now = batch.log_probs.detach();                 // [N]
        const at::Tensor moved = now.exp() - batch.old_log_probs.exp();  // [N], of the probability
        const at::Tensor held = (batch.advantages > 0)
                                    .logical_and(moved > options().rise)
                                    .logical_or((batch.advantages < 0).logical_and(moved < -options().fall));
        const at::Tensor weight = at::clamp_max(bounded_ratio(now - batch.old_log_probs), options().largest_weight);
        const at::Tensor terms = -weight * batch.advantages * batch.log_probs;
        loss_output out = finish(at::where(held, at::zeros({}, terms.options()), terms), batch);
        out.sums["clip_ratio/region_mean"] = held.sum();
        return out;
    }
};

}  // namespace aha
