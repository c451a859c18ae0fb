#pragma once

#include <Eigen/Core>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include <aha/advantage/centered_values.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE centered_values::centered_values(std::vector<double> given) : values{std::move(given)} {
    Eigen::Map<Eigen::ArrayXd> all{values.data(), std::ssize(values)};
    // Tested before any arithmetic, so that equal numbers give exactly 0 and not the rounding error of their mean.
    if (values.empty() || (all == all[0]).all()) all.setZero();
    else all -= all.redux(std::plus<double>{}) / static_cast<double>(all.size());  // in order, whatever the processor
}

AHA_INLINE double centered_values::deviation() const {
    if (values.size() < 2) return 0;
    const Eigen::Map<const Eigen::ArrayXd> all{values.data(), std::ssize(values)};
    return std::sqrt(all.square().redux(std::plus<double>{}) / static_cast<double>(all.size() - 1));
}

AHA_INLINE std::vector<double> applicable_values(std::span<const score> scores) {
    std::vector<double> values;
    for (const score& s : scores)
        if (s.applicable) values.push_back(s.value);
    return values;
}

AHA_INLINE centered_scores::centered_scores(std::span<const score> scores)
    : centered_values{applicable_values(scores)} {
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (scores[i].applicable) places.push_back(i);
}

AHA_INLINE std::vector<double> centered_scores::spread(std::size_t group_size, double scale) const {
    std::vector<double> all(group_size, 0.0);
    for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = scaled(i, scale);
    return all;
}

}  // namespace aha::detail
