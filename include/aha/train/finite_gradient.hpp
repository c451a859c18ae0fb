#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include <aha/core/error.hpp>

namespace aha {

/// Throws unless the norm of a step's gradient, which is the same on every rank, is finite. Trainers ask before the
/// update and put back what the step has changed.
inline void require_finite_gradient(double norm, std::int64_t step) {
    if (!std::isfinite(norm))
        throw joint_error{"the gradient of step " + std::to_string(step) +
                          " is not finite; weights, optimizer and place in the data were left as they were"};
}

}  // namespace aha
