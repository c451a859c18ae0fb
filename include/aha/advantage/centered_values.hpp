#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>

namespace aha::detail {

/// Numbers less their mean.
struct centered_values {
    std::vector<double> values;  ///< all exactly 0 when there is nothing to compare

    explicit centered_values(std::vector<double> given) : values{std::move(given)} {
        // Tested before any arithmetic, so that equal numbers give exactly 0 and not the rounding error of their mean.
        const bool all_equal = std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>{}) == values.end();
        const double mean =
            all_equal ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
        for (double& value : values) value = all_equal ? 0 : value - mean;
    }

    /// The unbiased standard deviation; 0 for less than two numbers.
    double deviation() const {
        const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
        return values.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(values.size() - 1));
    }

    /// `values[i] / scale`; 0 stays 0 also if the scale is 0.
    double scaled(std::size_t i, double scale) const { return values[i] == 0 ? 0 : values[i] / scale; }
};

/// Those of `scores` that are applicable.
inline std::vector<double> applicable_values(std::span<const score> scores) {
    std::vector<double> values;
    for (const score& s : scores)
        if (s.applicable) values.push_back(s.value);
    return values;
}

/// The applicable scores of a group, less their mean, and where each came from.
struct centered_scores : centered_values {
    std::vector<std::size_t> places;

    explicit centered_scores(std::span<const score> scores) : centered_values{applicable_values(scores)} {
        for (std::size_t i = 0; i < scores.size(); ++i)
            if (scores[i].applicable) places.push_back(i);
    }

    /// One number a score of the group: `values / scale`, and 0 for those that are not applicable.
    std::vector<double> spread(std::size_t group_size, double scale) const {
        std::vector<double> all(group_size, 0.0);
        for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = scaled(i, scale);
        return all;
    }
};

}  // namespace aha::detail
