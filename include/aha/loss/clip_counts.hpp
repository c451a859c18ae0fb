#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_or.h>
#include <cmath>
#include <map>
#include <string>

#include <aha/core/error.hpp>

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

}  // namespace aha
