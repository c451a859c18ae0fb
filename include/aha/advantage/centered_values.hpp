#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <aha/core/records.hpp>

namespace aha::detail {

/// Numbers less their mean.
struct centered_values {
    std::vector<double> values;  ///< all exactly 0 when there is nothing to compare

    explicit centered_values(std::vector<double> given);

    /// The unbiased standard deviation; 0 for less than two numbers.
    double deviation() const;

    /// `values[i] / scale`; 0 stays 0 also if the scale is 0.
    double scaled(std::size_t i, double scale) const { return values[i] == 0 ? 0 : values[i] / scale; }
};

/// Those of `scores` that are applicable.
std::vector<double> applicable_values(std::span<const score> scores);

/// The applicable scores of a group, less their mean, and where each came from.
struct centered_scores : centered_values {
    std::vector<std::size_t> places;

    explicit centered_scores(std::span<const score> scores);

    /// One number a score of the group: `values / scale`, and 0 for those that are not applicable.
    std::vector<double> spread(std::size_t group_size, double scale) const;
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/advantage/centered_values.ipp>
#endif
