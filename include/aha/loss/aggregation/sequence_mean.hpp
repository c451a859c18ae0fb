#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace aha {

/// Every completion counts the same: the mean over its tokens, then over completions (Shao et al. 2024, equation 3;
/// TRL's `grpo`). Tokens of long completions count less.
struct sequence_mean {
    /// @param lengths [S] tokens of each completion of the whole batch
    /// @return [S] weight of each token of a completion
    std::vector<double> operator()(std::span<const std::int64_t> lengths) const {
        std::vector<double> weights;
        for (const std::int64_t length : lengths)
            weights.push_back(length > 0 ? 1.0 / (static_cast<double>(lengths.size()) * static_cast<double>(length))
                                         : 0.0);
        return weights;
    }
};

}  // namespace aha
