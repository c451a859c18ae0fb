#pragma once

#include <cstdint>

#include <aha/core/error.hpp>

namespace aha {

/// The chance that at least one of k samples is right, estimated without bias from n samples of which c are:
/// 1 - C(n - c, k) / C(n, k) (Chen et al. 2021, equation 1), as a product that does not overflow.
inline double pass_at_k(std::int64_t samples, std::int64_t correct, std::int64_t k) {
    require(k > 0, "pass@k needs a positive k, not ", k);
    require(k <= samples, "pass@", k, " needs at least ", k, " samples a problem, not ", samples);
    require(correct >= 0 && correct <= samples, correct, " of ", samples, " samples cannot be correct");
    double none = 1;
    for (std::int64_t i = 0; i < k; ++i)
        none *= static_cast<double>(samples - correct - i <= 0 ? 0 : samples - correct - i) /
                static_cast<double>(samples - i);
    return 1 - none;
}

}  // namespace aha
