#pragma once

#include <span>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Score minus the group's mean (Dr. GRPO, Liu et al. 2025, section 3.2): no division by the standard deviation, which
/// favors questions that are nearly always or nearly never solved.
struct mean_centered {
    /// @param scores [G]
    /// @return [G], 0 for scores that are not applicable
    std::vector<double> operator()(std::span<const score> scores) const {
        return detail::centered_scores{scores}.spread(scores.size(), 1);
    }
};

}  // namespace aha
