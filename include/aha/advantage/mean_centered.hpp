#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

#include <aha/core/records.hpp>

namespace aha {
namespace detail {

/// The applicable scores of a group as an array, and where each came from.
struct applicable_scores {
    Eigen::ArrayXd values;
    std::vector<std::size_t> places;

    explicit applicable_scores(std::span<const score> scores) : values(static_cast<Eigen::Index>(scores.size())) {
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (!scores[i].applicable) continue;
            values[static_cast<Eigen::Index>(places.size())] = scores[i].value;
            places.push_back(i);
        }
        values.conservativeResize(static_cast<Eigen::Index>(places.size()));
    }

    /// Whether there is nothing to compare. Tested before any arithmetic, so that equal scores give exactly 0.
    bool all_equal() const { return places.size() < 2 || values.maxCoeff() == values.minCoeff(); }

    /// One number a score of the group, 0 for those that are not applicable.
    std::vector<double> spread(std::size_t group_size, const Eigen::ArrayXd& numbers) const {
        std::vector<double> all(group_size, 0.0);
        for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = numbers[static_cast<Eigen::Index>(i)];
        return all;
    }
};

}  // namespace detail

/// Score minus the group's mean (Dr. GRPO, Liu et al. 2025, section 3.2): no division by the standard deviation, which
/// favours questions that are nearly always or nearly never solved.
struct mean_centered {
    /// @param scores [G]
    /// @return [G], 0 for scores that are not applicable
    std::vector<double> operator()(std::span<const score> scores) const {
        const detail::applicable_scores group{scores};
        if (group.all_equal()) return std::vector<double>(scores.size(), 0.0);
        return group.spread(scores.size(), group.values - group.values.mean());
    }
};

}  // namespace aha
