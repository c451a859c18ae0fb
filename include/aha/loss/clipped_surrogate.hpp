#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/minimum.h>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include <aha/core/error.hpp>
#include <aha/kernels/log_ratio.hpp>

namespace aha {
namespace detail {

/// Throws `aha::error` naming the bound of [1 - low, 1 + high] that makes no sense.
inline void require_clip_range(double low, double high) {
    require(low >= 0 && low <= 1, "clip_low must be in [0, 1], not ", low);
    require(high >= 0 && std::isfinite(high), "clip_high must be 0 or more, not ", high);
}

}  // namespace detail

/// Tokens whose ratio is outside the clip range on the side where that stops the gradient: the metrics
/// `clip_ratio/low_mean`, `/high_mean` and `/region_mean` (either), by TRL's names. Where a completion has one ratio,
/// its tokens count one by one; TRL counts completions there.
/// @param ratio, advantages [N]
inline std::map<std::string, at::Tensor> clip_counts(const at::Tensor& ratio, const at::Tensor& advantages, double low,
                                                     double high) {
    const at::Tensor fixed = ratio.detach();
    const at::Tensor below = (fixed < 1 - low).logical_and(advantages < 0);
    const at::Tensor above = (fixed > 1 + high).logical_and(advantages > 0);
    return {{"clip_ratio/low_mean", below.sum()},
            {"clip_ratio/high_mean", above.sum()},
            {"clip_ratio/region_mean", below.logical_or(above).sum()}};
}

/// A log-ratio within `log_ratio_bound`, differentiable; constant, without a gradient, beyond it.
/// @param log_ratio [N]
/// @return [N]
inline at::Tensor bounded_log_ratio(const at::Tensor& log_ratio) {
    return at::clamp(log_ratio, -log_ratio_bound, log_ratio_bound);
}

/// pi / pi_other of tokens (or completions) from their log-ratio, never infinite: see `log_ratio_bound`.
/// @param log_ratio [N] log pi - log pi_other, differentiable
/// @return [N]
inline at::Tensor bounded_ratio(const at::Tensor& log_ratio) { return bounded_log_ratio(log_ratio).exp(); }

/// min(ratio A, clip(ratio, 1 - low, 1 + high) A) for each token (Schulman et al. 2017, equation 7; separate bounds as
/// in DAPO's clip-higher, Yu et al. 2025, section 3.1). To be maximized.
/// @param ratio [N] pi_theta / pi_old, differentiable
/// @param advantages [N]
/// @param cap beyond 1 + high: for negative advantages the term is at least cap A (dual clip, Ye et al. 2020; TRL's
///     `delta`)
/// @return [N]
inline at::Tensor clipped_surrogate(const at::Tensor& ratio, const at::Tensor& advantages, double low, double high,
                                    double cap = std::numeric_limits<double>::infinity()) {
    const at::Tensor capped = std::isfinite(cap) ? at::clamp_max(ratio, cap) : ratio;
    return at::minimum(capped * advantages, at::clamp(ratio, 1 - low, 1 + high) * advantages);
}

}  // namespace aha
