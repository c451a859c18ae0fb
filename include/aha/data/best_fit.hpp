#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <vector>

#include <aha/core/error.hpp>

namespace aha {

/// Puts items into as few rows of `capacity` as best fit decreasing finds (Johnson 1973: at most 11/9 of the fewest):
/// longest first, each into the fullest row that has room. Items of a row keep their order.
/// @param lengths of the items, each in [0, capacity]; throws `aha::error` for a longer one
/// @return the items of each row, by their places in `lengths`
inline std::vector<std::vector<std::size_t>> best_fit_rows(std::span<const std::int64_t> lengths,
                                                           std::int64_t capacity) {
    std::vector<std::size_t> order(lengths.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });
    std::vector<std::vector<std::size_t>> rows;
    std::multimap<std::int64_t, std::size_t> room;  // free tokens -> row; of equal ones the oldest comes first
    for (const std::size_t item : order) {
        require(lengths[item] >= 0 && lengths[item] <= capacity, "an item of ", lengths[item],
                " tokens does not fit a row of ", capacity);
        auto fullest = room.lower_bound(lengths[item]);
        if (fullest == room.end()) {
            fullest = room.emplace(capacity, rows.size());
            rows.emplace_back();
        }
        const auto [left, row] = *fullest;
        rows[row].push_back(item);
        room.erase(fullest);
        room.emplace(left - lengths[item], row);
    }
    for (std::vector<std::size_t>& row : rows) std::sort(row.begin(), row.end());
    return rows;
}

}  // namespace aha
