#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/preference_log_probs.hpp>

namespace aha {

/// Numbers of `ipo_loss`.
struct ipo_loss_options {
    double beta = 0.1;      ///< the paper's tau: the margin of log-ratios is drawn to 1 / (2 beta)
    bool per_token = true;  ///< log-ratios are means over a completion's tokens, as in TRL, whose maintainers have it
                            ///< from the authors; false: sums, as equation 17 is printed
    bool operator==(const ipo_loss_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const { require(beta > 0 && std::isfinite(beta), "beta must be positive, not ", beta); }
};

/// Identity preference optimization (Azar et al. 2024, equation 17): (m - 1 / (2 beta))^2, m the log-ratio of the
/// chosen completion less that of the rejected one. The margin is drawn to a number, and not to infinity as by
/// `dpo_loss` where a preference is certain.
class ipo_loss {
public:
    explicit ipo_loss(ipo_loss_options options = {}) : options_{options} { options_.validate(); }

    const ipo_loss_options& options() const { return options_; }  ///< what it was made with

    /// The loss of each pair, [P].
    at::Tensor operator()(const preference_log_probs& pairs) const {
        return (log_ratios(pairs.chosen) - log_ratios(pairs.rejected) - 1 / (2 * options_.beta)).square();
    }

    /// beta times the log-ratio that the loss takes, [P]: a margin of 1/2 is what it aims at.
    at::Tensor rewards(const side_log_probs& side) const { return options_.beta * log_ratios(side); }

    bool needs_reference() const { return true; }  ///< it measures against one

private:
    at::Tensor log_ratios(const side_log_probs& side) const {
        return options_.per_token ? side.log_ratios() / side.tokens : side.log_ratios();
    }

    ipo_loss_options options_;
};

}  // namespace aha
