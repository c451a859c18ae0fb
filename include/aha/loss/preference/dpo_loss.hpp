#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/preference_log_probs.hpp>
#include <aha/loss/preference/smoothed_logistic.hpp>

namespace aha {

/// Numbers of `dpo_loss`.
struct dpo_loss_options {
    double beta = 0.1;           ///< how strongly the policy is held to the reference
    double label_smoothing = 0;  ///< probability that a label is wrong: conservative DPO (Mitchell 2023); TRL 1.16
                                 ///< ignores it in this loss
    bool operator==(const dpo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(beta > 0 && std::isfinite(beta), "beta must be positive, not ", beta);
        detail::require_flip_rate("label_smoothing", label_smoothing);
    }
};

/// Direct preference optimization (Rafailov et al. 2023, equation 7): -log sigmoid(beta (log-ratio of the chosen
/// completion - log-ratio of the rejected one)), log-ratios of whole completions between policy and reference. Before
/// the first update it is log 2. With smoothing e it is (1 - e) times that of the label, e times that of its opposite,
/// whose minimum lies at a finite margin.
class dpo_loss {
public:
    explicit dpo_loss(dpo_loss_options options = {}) : options_{options} { options_.validate(); }

    const dpo_loss_options& options() const { return options_; }  ///< what it was made with

    /// The loss of each pair, [P].
    at::Tensor operator()(const preference_log_probs& pairs) const {
        return detail::smoothed_logistic(rewards(pairs.chosen) - rewards(pairs.rejected), options_.label_smoothing);
    }

    /// beta times the log-ratio of each completion, [P].
    at::Tensor rewards(const side_log_probs& side) const { return options_.beta * side.log_ratios(); }

    bool needs_reference() const { return true; }  ///< it measures against one

private:
    dpo_loss_options options_;
};

}  // namespace aha
