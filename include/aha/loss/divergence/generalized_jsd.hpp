#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/logaddexp.h>
#include <cmath>

#include <aha/concepts/divergence.hpp>
#include <aha/core/error.hpp>
#include <aha/loss/divergence/forward_kl.hpp>
#include <aha/loss/divergence/reverse_kl.hpp>

namespace aha {

/// How `generalized_jsd` weighs.
struct generalized_jsd_options {
    double beta = 0.5;  ///< the teacher's share of the mixture; 0 is KL(p || q), 1 is KL(q || p)

    /// Throws `aha::error` naming the value if it makes no sense.
    void validate() const { require(beta >= 0 && beta <= 1, "beta must be in [0, 1], not ", beta); }
};

/// The generalized Jensen-Shannon divergence of teacher p and student q, beta KL(p || m) + (1 - beta) KL(q || m) with
/// the mixture m = beta p + (1 - beta) q (Agarwal et al. 2024, GKD, equation 1). At beta 0 and 1, where it vanishes, it
/// stands for what it tends to when divided by beta and by 1 - beta: the two KL divergences. TRL does the same.
class generalized_jsd {
public:
    explicit generalized_jsd(generalized_jsd_options options = {}) : options_{options} { options_.validate(); }

    const generalized_jsd_options& options() const { return options_; }

    /// @param log_q, log_p [n, B]
    divergence_output operator()(const at::Tensor& log_q, const at::Tensor& log_p) const {
        const double beta = options_.beta;
        if (beta == 0) return forward_kl{}(log_q, log_p);
        if (beta == 1) return reverse_kl{}(log_q, log_p);
        constexpr double nothing = -1e30;  // 0 times this is 0, 0 times -inf is not
        const at::Tensor some_p = log_p.clamp_min(nothing), some_q = log_q.clamp_min(nothing);
        const at::Tensor log_m = at::logaddexp(some_q + std::log1p(-beta), some_p + std::log(beta));  // [n, B]
        // dD/dq = (1 - beta) (log q - log m): the mixture's own part cancels.
        const at::Tensor of_student = some_q.exp() * (some_q - log_m) * (1 - beta);
        return {(some_p.exp() * (some_p - log_m) * beta + of_student).sum(1), of_student};
    }

private:
    generalized_jsd_options options_;
};

}  // namespace aha
