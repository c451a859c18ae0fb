#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/regularized_loss.hpp>

namespace aha {

/// Numbers of `reinforce_loss`.
struct reinforce_loss_options {
    double beta = 0;                     ///< weight of the KL term; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;  ///< how the divergence is estimated
    double entropy_bonus = 0;            ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const reinforce_loss_options&) const = default;

    void validate() const {}
};

/// -A log pi_theta at each token (Williams 1992): no ratio and no clip, so it is right for one update a rollout, where
/// its gradient is that of `grpo_loss`.
///
/// Metrics: those of `regularized_loss`.
class reinforce_loss : public regularized_loss<reinforce_loss_options> {
public:
    explicit reinforce_loss(reinforce_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        return finish(-batch.advantages * batch.log_probs, batch);
    }
};

}  // namespace aha
