#pragma once

#include <algorithm>
#include <numeric>

#include <aha/dist/rank_work.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE std::vector<int> balance_costs(std::span<const std::int64_t> costs, int ranks) {
    std::vector<std::size_t> dearest_first(costs.size());
    std::iota(dearest_first.begin(), dearest_first.end(), std::size_t{0});
    std::ranges::stable_sort(dearest_first, [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });
    std::vector<std::int64_t> load(static_cast<std::size_t>(ranks));
    std::vector<int> owner(costs.size());
    for (const std::size_t piece : dearest_first) {
        const auto least = std::ranges::min_element(load);
        owner[piece] = static_cast<int>(least - load.begin());
        *least += costs[piece];
    }
    return owner;
}

}  // namespace aha
