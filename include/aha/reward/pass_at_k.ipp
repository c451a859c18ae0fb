#pragma once

#include <Eigen/Core>
#include <functional>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/pass_at_k.hpp>

namespace aha {

AHA_INLINE double pass_at_k(std::int64_t samples, std::int64_t correct, std::int64_t k) {
    require(k > 0, "pass@k needs a positive k, not ", k);
    require(k <= samples, "pass@", k, " needs at least ", k, " samples a problem, not ", samples);
    require(correct >= 0 && correct <= samples, correct, " of ", samples, " samples cannot be correct");
    // What is left to draw from at each of the k draws.
    const Eigen::ArrayXd left =
        static_cast<double>(samples) - Eigen::ArrayXd::LinSpaced(k, 0.0, static_cast<double>(k - 1));
    return 1 - ((left - static_cast<double>(correct)).max(0.0) / left).redux(std::multiplies<double>{});
}

}  // namespace aha
