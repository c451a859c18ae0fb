#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/where.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/regularized_loss.hpp>

namespace aha {

/// Numbers of `sapo_loss`.
struct sapo_loss_options {
    double temperature_positive = 1;     ///< how fast the gate closes as the ratio leaves 1, for positive advantages
    double temperature_negative = 1.05;  ///< and for the others: faster, since they are the less stable
    double beta = 0;                     ///< weight of the KL term; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;  ///< how the divergence is estimated
    double entropy_bonus = 0;            ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const sapo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(temperature_positive > 0 && std::isfinite(temperature_positive),
                "temperature_positive must be positive, not ", temperature_positive);
        require(temperature_negative > 0 && std::isfinite(temperature_negative),
                "temperature_negative must be positive, not ", temperature_negative);
    }
};

/// Soft Adaptive Policy Optimization (Gao et al. 2025, arXiv 2511.20347; TRL's `sapo`): instead of clipping, the term
/// is -(4 / tau) sigmoid(tau (ratio - 1)) A. At ratio 1 its gradient is that of -ratio A, and it fades on both sides.
/// The paper and TRL average with `sequence_mean`.
///
/// Metrics: those of `regularized_loss`.
class sapo_loss : public regularized_loss<sapo_loss_options> {
public:
    explicit sapo_loss(sapo_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor ratio = bounded_ratio(batch.log_probs - batch.old_log_probs);  // [N]
        const at::Tensor tau = at::where(batch.advantages > 0, at::full_like(ratio, options().temperature_positive),
                                         at::full_like(ratio, options().temperature_negative));
        return finish(-(at::sigmoid(tau * (ratio - 1)) * 4 / tau) * batch.advantages, batch);
    }
};

}  // namespace aha
