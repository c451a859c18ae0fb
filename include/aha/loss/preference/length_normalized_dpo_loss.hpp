#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/preference_log_probs.hpp>
#include <aha/loss/preference/smoothed_logistic.hpp>

namespace aha {

/// Numbers of `length_normalized_dpo_loss`. Defaults are those of Tulu 3.
struct length_normalized_dpo_loss_options {
    double beta = 5;             ///< of the mean log-ratio of a token, so it is larger than `dpo_loss`'s
    double label_smoothing = 0;  ///< probability that a label is wrong
    bool operator==(const length_normalized_dpo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(beta > 0 && std::isfinite(beta), "beta must be positive, not ", beta);
        detail::require_flip_rate("label_smoothing", label_smoothing);
    }
};

/// `dpo_loss` with the log-ratio of each completion divided by its tokens (Lambert et al. 2024, section 5.1): a long
/// completion gets no larger reward for its length. TRL's `sigmoid_norm`, open-instruct's `dpo_norm`.
class length_normalized_dpo_loss {
public:
    explicit length_normalized_dpo_loss(length_normalized_dpo_loss_options options = {}) : options_{options} {
        options_.validate();
    }

    const length_normalized_dpo_loss_options& options() const { return options_; }  ///< what it was made with

    /// The loss of each pair, [P].
    at::Tensor operator()(const preference_log_probs& pairs) const {
        return detail::smoothed_logistic(rewards(pairs.chosen) - rewards(pairs.rejected), options_.label_smoothing);
    }

    /// beta times the mean log-ratio of each completion's tokens, [P].
    at::Tensor rewards(const side_log_probs& side) const { return options_.beta * side.log_ratios() / side.tokens; }

    bool needs_reference() const { return true; }  ///< it measures against one

private:
    length_normalized_dpo_loss_options options_;
};

}  // namespace aha
