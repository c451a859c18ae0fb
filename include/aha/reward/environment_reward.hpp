#pragma once

#include <aha/core/records.hpp>

namespace aha {

/// The reward that an environment gave: the sum over the turns is the score's value, and each turn's own is a step, for
/// advantages that compare turns (`process_advantage`, with its discount). A completion whose environment failed is not
/// applicable.
class environment_reward {
public:
    score operator()(const prompt&, const completion& given) const {
        if (given.finish == finish_reason::failed) return score::not_applicable();
        score all;
        for (const turn& one : given.turns) {
            all.value += one.reward;
            all.steps.push_back({one.end, one.reward});
        }
        return all;
    }
};

}  // namespace aha
