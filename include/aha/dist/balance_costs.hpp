#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace aha {

/// Which rank takes each piece of work, so that all have about as much to do: the dearest piece goes to the rank that
/// has least so far (Graham 1969, within 4/3 of the best). Every rank computes the same answer.
/// @param costs of the pieces, [N], >= 0
/// @return [N] ranks
inline std::vector<int> balance_costs(std::span<const std::int64_t> costs, int ranks) {
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
