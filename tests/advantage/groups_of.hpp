#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>

namespace aha::test {

/// A completion of as many tokens as there are log-ratios log(pi / pi_ref), with its score.
struct scored {
    std::vector<double> log_ratios;
    aha::score score;
};

/// A scored group whose sampler and reference differ by the log-ratios.
inline rollout_group group_of(const std::vector<scored>& all, std::int64_t index = 0) {
    rollout_group group;
    group.prompt.index = index;
    for (const scored& one : all) {
        completion c;
        for (const double d : one.log_ratios) {
            c.ids.push_back(static_cast<token_id>(c.ids.size()));
            c.behavior_log_probs.push_back(-1);
            c.ref_log_probs.push_back(static_cast<float>(-1 - d));
        }
        group.completions.push_back(std::move(c));
        group.scores.push_back(one.score);
    }
    return group;
}

/// A score that is not applicable although it has a value and steps.
inline score left_out(double value, std::vector<step_score> steps = {}) {
    score odd{value};
    odd.steps = std::move(steps);
    odd.applicable = false;
    return odd;
}

}  // namespace aha::test
