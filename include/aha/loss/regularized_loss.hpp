#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cmath>

#include <aha/core/error.hpp>
#include <aha/core/kl_estimator.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/loss/clipped_surrogate.hpp>
#include <aha/loss/estimate_kl.hpp>

namespace aha {

/// What all policy losses share: beta times an estimate of the divergence from a reference is added to every token's
/// loss, and a bonus times the entropy of the distribution at the token is taken off. A loss derives from it and hands
/// its own terms to `finish`.
///
/// Both terms are averaged by the aggregation, like the rest; TRL's entropy bonus is a plain mean over tokens whatever
/// the loss type. Metrics, means over completion tokens: `kl` with a beta, `policy_entropy` with a bonus (the
/// sampler's own, at temperature 1, is `entropy`).
///
/// @tparam Options has `double beta`, `kl_estimator kl`, `double entropy_bonus` and `validate() const`
template <class Options>
class regularized_loss {
public:
    /// Throws `aha::error` naming the first option that makes no sense.
    explicit regularized_loss(const Options& options) : options_{options} {
        require(options.beta >= 0 && std::isfinite(options.beta), "beta must be 0 or more, not ", options.beta);
        require(options.entropy_bonus >= 0 && std::isfinite(options.entropy_bonus),
                "entropy_bonus must be 0 or more, not ", options.entropy_bonus);
        options.validate();
    }

    const Options& options() const { return options_; }
    /// Whether there is a KL term.
    bool needs_reference() const { return options_.beta > 0; }
    bool needs_entropy() const { return options_.entropy_bonus > 0; }
    /// Only the divergence and the entropy move a token whose advantage is 0.
    bool ignores_zero_advantage() const { return options_.beta == 0 && options_.entropy_bonus == 0; }

protected:
    /// The weighted sum over tokens, with both terms.
    /// @param loss [N] of each token
    loss_output finish(const at::Tensor& loss, const policy_batch& batch) const {
        if (!needs_reference()) return finish(loss, {}, batch);
        const at::Tensor ratio =
            options_.kl == kl_estimator::unbiased ? bounded_ratio(batch.log_probs - batch.old_log_probs) : at::Tensor{};
        return finish(loss, estimate_kl(options_.kl, batch.log_probs, batch.ref_log_probs, ratio), batch);
    }

    /// The same with an estimate of the divergence of the loss's own.
    /// @param kl [N], undefined without a beta
    loss_output finish(const at::Tensor& loss, const at::Tensor& kl, const policy_batch& batch) const {
        loss_output out;
        at::Tensor terms = loss;
        if (kl.defined()) {
            terms = terms + options_.beta * kl;
            out.sums["kl"] = kl.detach().sum();
        }
        if (needs_entropy()) {
            require(batch.entropies.defined(), "an entropy bonus needs the batch's entropies, which are undefined");
            terms = terms - options_.entropy_bonus * batch.entropies;
            out.sums["policy_entropy"] = batch.entropies.detach().sum();
        }
        out.loss = (terms * batch.weights).sum();
        return out;
    }

private:
    Options options_;
};

}  // namespace aha
