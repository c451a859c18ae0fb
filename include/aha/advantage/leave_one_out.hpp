#pragma once

#include <span>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Score minus the mean of the group's other scores (RLOO, Kool et al. 2019; Ahmadian et al. 2024), which is
/// G / (G - 1) times the score minus the mean of all: the baseline does not depend on the score itself.
struct leave_one_out {
    /// @param scores [G]
    /// @return [G], 0 for scores that are not applicable and for one that is alone
    std::vector<double> operator()(std::span<const score> scores) const {
        const detail::centered_scores group{scores};
        const auto count = static_cast<double>(group.values.size());
        return group.spread(scores.size(), (count - 1) / count);
    }
};

}  // namespace aha
