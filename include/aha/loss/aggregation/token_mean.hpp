#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace aha {

/// Every token of the batch counts the same: divided by the number of completion tokens (DAPO, Yu et al. 2025, equation
/// 8; TRL's `dapo`).
struct token_mean {
    /// @param lengths [S] tokens of each completion of the whole batch
    /// @return [S] weight of each token of a completion
    std::vector<double> operator()(std::span<const std::int64_t> lengths) const {
        const std::int64_t tokens = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
        return std::vector<double>(lengths.size(), tokens > 0 ? 1.0 / static_cast<double>(tokens) : 0.0);
    }
};

}  // namespace aha
