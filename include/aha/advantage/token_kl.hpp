#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <aha/core/kl_estimator.hpp>
#include <aha/core/records.hpp>
#include <aha/core/error.hpp>
#include <aha/kernels/log_ratio.hpp>

namespace aha {

/// KL(pi_old || pi_ref) at each token of a completion, estimated from its log-probs under the policy that sampled it
/// and under the reference: a number for rewards, without gradient. The sampler's ratio to itself is 1, so `unbiased`
/// is k3.
/// @return [T]
/// Throws `aha::error` if the completion lacks either.
inline std::vector<double> token_kl(const completion& c, kl_estimator estimator) {
    require(c.behavior_log_probs.size() == c.ids.size() && c.ref_log_probs.size() == c.ids.size(), "a completion of ",
            c.ids.size(), " tokens has ", c.behavior_log_probs.size(), " log-probs of its sampler and ",
            c.ref_log_probs.size(), " of the reference");
    std::vector<double> kl;
    for (std::size_t t = 0; t < c.ids.size(); ++t) {
        const double d = static_cast<double>(c.behavior_log_probs[t]) - static_cast<double>(c.ref_log_probs[t]);
        switch (estimator) {
            case kl_estimator::k1: kl.push_back(d); break;
            case kl_estimator::k2: kl.push_back(d * d / 2); break;
            case kl_estimator::k3:
            case kl_estimator::unbiased: {
                const double bounded = bounded_log_ratio(-d);
                kl.push_back(std::expm1(bounded) - bounded);
                break;
            }
        }
    }
    return kl;
}

}  // namespace aha
