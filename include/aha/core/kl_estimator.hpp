#pragma once

namespace aha {

/// How the divergence KL(pi || pi_ref) is estimated from one token drawn from the policy; with d = log pi - log pi_ref
/// (Schulman 2020, "Approximating KL divergence"):
enum class kl_estimator {
    k1,        ///< d: unbiased, either sign; on policy its expected gradient is 0, so it is for rewards, not for losses
    k2,        ///< d^2 / 2: biased in value, but on policy its gradient is on average that of the divergence
    k3,        ///< exp(-d) + d - 1: unbiased, never negative (DeepSeekMath, equation 4)
    unbiased,  ///< pi / pi_old times k3: value and gradient are right on average off the policy too (DeepSeek-V3.2,
               ///< section 3.1; TRL's `use_bias_correction_kl`, on by default there)
};

}  // namespace aha
