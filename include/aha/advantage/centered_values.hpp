#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

#include <aha/core/records.hpp>

namespace aha::detail {

/// Numbers less their mean.
struct centered_values {
    Eigen::ArrayXd values;  ///< all exactly 0 when there is nothing to compare

    explicit centered_values(std::span<const double> given)
        : values{Eigen::Map<const Eigen::ArrayXd>{given.data(), std::ssize(given)}} {
        if (given.empty()) return;
        values -=
            given.front();  // first, so that equal numbers give exactly 0 and not the rounding error of their mean
        values -= values.mean();
    }

    /// The unbiased standard deviation; 0 for less than two numbers.
    double deviation() const {
        return values.size() < 2 ? 0 : std::sqrt(values.square().sum() / static_cast<double>(values.size() - 1));
    }

    /// The numbers over `scale`; 0 stays 0 also if the scale is 0.
    Eigen::ArrayXd scaled(double scale) const { return (values == 0).select(0.0, values / scale); }
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
        for (auto place = places.begin(); const double value : scaled(scale)) all[*place++] = value;
        return all;
    }
};

}  // namespace aha::detail
