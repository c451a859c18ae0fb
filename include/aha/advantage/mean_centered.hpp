#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include <aha/core/records.hpp>

namespace aha {
namespace detail {

/// The applicable scores of a group, less their mean, and where each came from.
struct centered_scores {
    std::vector<double> values;  ///< all 0 when there is nothing to compare
    std::vector<std::size_t> places;

    explicit centered_scores(std::span<const score> scores) {
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (!scores[i].applicable) continue;
            values.push_back(scores[i].value);
            places.push_back(i);
        }
        // Tested before any arithmetic, so that equal scores give exactly 0 and not the rounding error of their mean.
        const bool all_equal = std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>{}) == values.end();
        const double mean =
            all_equal ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
        for (double& value : values) value = all_equal ? 0 : value - mean;
    }

    /// The unbiased standard deviation; 0 for less than two scores.
    double deviation() const {
        const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
        return values.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(values.size() - 1));
    }

    /// One number a score of the group: `values / scale`, and 0 for those that are not applicable.
    std::vector<double> spread(std::size_t group_size, double scale) const {
        std::vector<double> all(group_size, 0.0);
        for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = values[i] == 0 ? 0 : values[i] / scale;
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
        return detail::centered_scores{scores}.spread(scores.size(), 1);
    }
};

}  // namespace aha
