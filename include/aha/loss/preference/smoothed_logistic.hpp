#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/log_sigmoid.h>

#include <aha/core/error.hpp>

namespace aha::detail {

/// -log sigmoid(margin), where a label is right with probability 1 - smoothing: the cross-entropy between the label
/// and the preference that the model of Bradley and Terry gives.
inline at::Tensor smoothed_logistic(const at::Tensor& margins, double smoothing) {
    const at::Tensor right = -at::log_sigmoid(margins);
    if (smoothing == 0) return right;
    return (1 - smoothing) * right - smoothing * at::log_sigmoid(-margins);
}

/// Throws `aha::error` for a share of wrong labels of a half or more, from which nothing can be learned.
inline void require_flip_rate(const char* name, double rate) {
    require(rate >= 0 && rate < 0.5, name, " must be in [0, 0.5), not ", rate);
}

}  // namespace aha::detail
