#pragma once

#include <span>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// (score - mean) / mean within the group, 0 where the mean is not positive (MaxRL, arXiv 2602.02710): with rewards of
/// 0 and 1 the gradient is that of the log of the pass rate, so that hard questions weigh more than by their deviation.
struct max_rl {
    /// @param scores [G]
    /// @return [G], 0 for scores that are not applicable
    std::vector<double> operator()(std::span<const score> scores) const {
        double sum = 0;
        for (const double value : detail::applicable_values(scores)) sum += value;
        if (sum <= 0) return std::vector<double>(scores.size(), 0.0);
        const detail::centered_scores group{scores};
        return group.spread(scores.size(), sum / static_cast<double>(group.values.size()));
    }
};

}  // namespace aha
