#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/log_sigmoid.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/preference_log_probs.hpp>
#include <aha/loss/preference/smoothed_logistic.hpp>

namespace aha {

/// Numbers of `robust_dpo_loss`.
struct robust_dpo_loss_options {
    double beta = 0.1;       ///< how strongly the policy is held to the reference
    double flip_rate = 0.1;  ///< share of the labels that are wrong; TRL's `label_smoothing`
    bool operator==(const robust_dpo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(beta > 0 && std::isfinite(beta), "beta must be positive, not ", beta);
        detail::require_flip_rate("flip_rate", flip_rate);
    }
};

/// `dpo_loss` for labels of which a share e is wrong (Chowdhury et al. 2024, equation 10):
/// ((1 - e) l(m) - e l(-m)) / (1 - 2e) with l = -log sigmoid and m the margin of rewards. On average over wrong and
/// right labels it is what `dpo_loss` would be with all of them right. It has no lower bound, and may be negative.
class robust_dpo_loss {
public:
    explicit robust_dpo_loss(robust_dpo_loss_options options = {}) : options_{options} { options_.validate(); }

    const robust_dpo_loss_options& options() const { return options_; }  ///< what it was made with

    /// The loss of each pair, [P].
    at::Tensor operator()(const preference_log_probs& pairs) const {
        const at::Tensor margins = rewards(pairs.chosen) - rewards(pairs.rejected);
        const double flipped = options_.flip_rate;
        return (flipped * at::log_sigmoid(-margins) - (1 - flipped) * at::log_sigmoid(margins)) / (1 - 2 * flipped);
    }

    /// beta times the log-ratio of each completion, [P].
    at::Tensor rewards(const side_log_probs& side) const { return options_.beta * side.log_ratios(); }

    bool needs_reference() const { return true; }  ///< it measures against one

private:
    robust_dpo_loss_options options_;
};

}  // namespace aha
