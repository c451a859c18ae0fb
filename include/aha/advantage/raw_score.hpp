#pragma once

#include <span>
#include <vector>

#include <aha/core/records.hpp>

namespace aha {

/// The score as it is, without a baseline (REINFORCE, Williams 1992).
struct raw_score {
    /// @param scores [G]
    /// @return [G], 0 for scores that are not applicable
    std::vector<double> operator()(std::span<const score> scores) const {
        std::vector<double> all;
        for (const score& s : scores) all.push_back(s.applicable ? s.value : 0);
        return all;
    }
};

}  // namespace aha
