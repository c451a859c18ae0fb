#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/preference_log_probs.hpp>
#include <aha/loss/preference/smoothed_logistic.hpp>

namespace aha {

/// Numbers of `simpo_loss`. Defaults are where its authors advise to begin.
struct simpo_loss_options {
    double beta = 2;             ///< of the mean log-prob of a token
    double gamma = 1;            ///< by how much the chosen reward is to be the higher; half of beta to begin with
    double label_smoothing = 0;  ///< probability that a label is wrong
    bool operator==(const simpo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(beta > 0 && std::isfinite(beta), "beta must be positive, not ", beta);
        require(gamma >= 0 && std::isfinite(gamma), "gamma must be 0 or more, not ", gamma);
        detail::require_flip_rate("label_smoothing", label_smoothing);
    }
};

/// Simple preference optimization (Meng et al. 2024, equation 6): -log sigmoid(r_chosen - r_rejected - gamma), where
/// the reward r of a completion is beta times the mean log-prob of its tokens. There is no reference policy.
class simpo_loss {
public:
    explicit simpo_loss(simpo_loss_options options = {}) : options_{options} { options_.validate(); }

    const simpo_loss_options& options() const { return options_; }  ///< what it was made with

    /// The loss of each pair, [P].
    at::Tensor operator()(const preference_log_probs& pairs) const {
        return detail::smoothed_logistic(rewards(pairs.chosen) - rewards(pairs.rejected) - options_.gamma,
                                         options_.label_smoothing);
    }

    /// beta times the mean log-prob of each completion's tokens, [P].
    at::Tensor rewards(const side_log_probs& side) const { return options_.beta * side.policy / side.tokens; }

    bool needs_reference() const { return false; }  ///< it has none

private:
    simpo_loss_options options_;
};

}  // namespace aha
