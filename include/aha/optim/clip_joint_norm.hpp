#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <cmath>
#include <span>

#include <aha/core/parameters.hpp>
#include <aha/optim/clip_gradient_norm.hpp>

namespace aha {

/// `clip_gradient_norm` over several sets of parameters as if they were one: a model and a head beside it.
/// @param largest 0: measure only
/// @return the joint norm before scaling; NaN or infinity leaves the gradients as they are
inline double clip_joint_norm(std::span<const parameters* const> sets, double largest) {
    double squares = 0;
    for (const parameters* const one : sets) {
        const double norm = clip_gradient_norm(*one, 0);
        squares += norm * norm;
    }
    const double norm = std::sqrt(squares);
    const double scale = largest / (norm + 1e-6);
    if (largest > 0 && std::isfinite(norm) && scale < 1) {
        const at::NoGradGuard no_gradients;
        for (const parameters* const one : sets) one->gradients().mul_(scale);
    }
    return norm;
}

}  // namespace aha
