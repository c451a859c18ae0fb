#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/where.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/regularized_loss.hpp>
#include <aha/loss/sequence_totals.hpp>

namespace aha {

/// The weight W^power exp(decay (1 - W)) of a completion whose ratio is W: 1 at W = 1, little where W is far from it.
struct vespo_gate {
    double power = 2;  ///< how fast it falls towards W = 0
    double decay = 3;  ///< how fast it falls with large W
    bool operator==(const vespo_gate&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(power >= 0 && std::isfinite(power), "power must be 0 or more, not ", power);
        require(decay >= 0 && std::isfinite(decay), "decay must be 0 or more, not ", decay);
    }
};

/// Numbers of `vespo_loss`.
struct vespo_loss_options {
    vespo_gate positive{.power = 2, .decay = 3};  ///< where the advantage is 0 or more
    vespo_gate negative{.power = 3, .decay = 2};  ///< where it is negative
    double beta = 0;                              ///< weight of the KL term; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;           ///< how the divergence is estimated
    double entropy_bonus = 0;                     ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const vespo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        positive.validate();
        negative.validate();
    }
};

/// Variational sequence-level soft policy optimization (VESPO, arXiv 2602.10693; TRL 1.16's `loss_type="vespo"`):
/// -W^k exp(l (1 - W)) A log pi, where W, the ratio of the whole completion, is a constant. Completions that the policy
/// has left behind fade out smoothly, without a clip.
///
/// Metrics: those of `regularized_loss`, and `vespo/weight_mean`, the mean weight of tokens.
class vespo_loss : public regularized_loss<vespo_loss_options> {
public:
    explicit vespo_loss(vespo_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        constexpr double token_bound = 20, least = -18.420680743952367, most = 20;  // TRL's: log of 1e-8, and 20
        const at::Tensor moved =
            at::clamp(batch.log_probs.detach() - batch.old_log_probs, -token_bound, token_bound);  // [N]
        const at::Tensor log_ratio = at::clamp(sequence_totals(moved, batch), least, most);        // [N]
        const at::Tensor ratio = log_ratio.exp();
        const auto gate = [&](const vespo_gate& by) { return (by.decay * (1 - ratio) + by.power * log_ratio).exp(); };
        const at::Tensor weight = at::where(batch.advantages >= 0, gate(options().positive), gate(options().negative));
        loss_output out = finish(-weight * batch.advantages * batch.log_probs, batch);
        out.sums["vespo/weight_mean"] = weight.sum();
        return out;
    }
};

}  // namespace aha
