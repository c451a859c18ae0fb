#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `group_relative`.
struct group_relative_options {
    double epsilon = 1e-4;  ///< added to the standard deviation
};

/// (score - mean) / (standard deviation + epsilon) within the group (DeepSeekMath, section 4.1.2). The paper does not
/// say which standard deviation; this is the unbiased one, as TRL's.
class group_relative {
public:
    explicit group_relative(group_relative_options options = {}) : options_{options} {
        require(options.epsilon >= 0 && std::isfinite(options.epsilon), "epsilon must be 0 or more, not ",
                options.epsilon);
    }

    /// @param scores [G]
    /// @return [G], 0 for scores that are not applicable; all 0 when the scores are equal
    std::vector<double> operator()(std::span<const score> scores) const {
        const detail::centered_scores group{scores};
        return group.spread(scores.size(), group.deviation() + options_.epsilon);
    }

private:
    group_relative_options options_;
};

}  // namespace aha
