#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/logical_and.h>
#include <cmath>
#include <variant>

#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/regularized_loss.hpp>

namespace aha {

/// Weight min(ratio, largest): the bound itself, and none from below (ScaleRL, Khatri et al. 2025; TRL's `epsilon_high`
/// of `loss_type="cispo"`).
struct cispo_cap {
    double largest = 5;  ///< the weight is cut at this number
    bool operator==(const cispo_cap&) const = default;
};

/// Weight clip(ratio, 1 - low, 1 + high): distances from 1 (MiniMax-M1, Chen et al. 2025, equation 5; verl's
/// `clip_ratio_low` and `clip_ratio_high`). A low of 1 is no bound from below.
struct cispo_range {
    double low = 0.2, high = 0.2;  ///< how far below and above 1 the weight may be
    bool operator==(const cispo_range&) const = default;
};

/// Numbers of `cispo_loss`.
struct cispo_loss_options {
    /// Of the weight: named, since systems mean two things by one number.
    std::variant<cispo_cap, cispo_range> bound = cispo_cap{};
    double beta = 0;                     ///< weight of the KL term; 0: no reference is kept
    kl_estimator kl = kl_estimator::k3;  ///< how the divergence is estimated
    double entropy_bonus = 0;            ///< weight of the entropy that is rewarded; 0: none is computed
    bool operator==(const cispo_loss_options&) const = default;

    /// The least weight of a token's term.
    double smallest_weight() const {
        const auto* range = std::get_if<cispo_range>(&bound);
        return range != nullptr ? 1 - range->low : 0;
    }
    /// The greatest weight of a token's term.
    double largest_weight() const {
        const auto* range = std::get_if<cispo_range>(&bound);
        return range != nullptr ? 1 + range->high : std::get<cispo_cap>(bound).largest;
    }

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        if (const auto* range = std::get_if<cispo_range>(&bound)) {
            require(range->low >= 0 && range->low <= 1, "cispo_range's low must be in [0, 1], not ", range->low);
            require(range->high >= 0 && std::isfinite(range->high), "cispo_range's high must be 0 or more, not ",
                    range->high);
        } else {
            const double largest = std::get<cispo_cap>(bound).largest;
            require(largest > 0 && std::isfinite(largest), "cispo_cap's largest must be positive, not ", largest);
        }
    }
};

/// Clipped importance-sampling weights (MiniMax-M1, Chen et al. 2025, equation 4): -weight A log pi_theta, where the
/// bounded ratio is a constant weight. No token loses its gradient, however far its ratio has gone.
///
/// Metrics: those of `regularized_loss`, and `cispo_clip_ratio` as TRL's: the share of tokens of positive advantage
/// whose weight is held at its upper bound.
class cispo_loss : public regularized_loss<cispo_loss_options> {
public:
    explicit cispo_loss(cispo_loss_options options = {}) : regularized_loss{options} {}

    loss_output operator()(const policy_batch& batch) const {
        const at::Tensor ratio = bounded_ratio(batch.log_probs.detach() - batch.old_log_probs);  // [N]
        const at::Tensor weight = at::clamp(ratio, options().smallest_weight(), options().largest_weight());
        loss_output out = finish(-weight * batch.advantages * batch.log_probs, batch);
        out.sums["cispo_clip_ratio"] = (ratio > options().largest_weight()).logical_and(batch.advantages > 0).sum();
        return out;
    }
};

}  // namespace aha
