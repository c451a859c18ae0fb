#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <aha/kernels/fast_exp.hpp>
#include <aha/kernels/lanes.hpp>

/// What the attention kernels of the CPU share: rows of scores, and rows of queries, keys and values taken out of a
/// packed projection.
namespace aha::detail {

/// How heads lie in a row of a projection: queries, then keys, then values, each head `width` floats.
struct head_layout {
    std::int64_t heads;      ///< of queries
    std::int64_t key_heads;  ///< of keys, and of values
    std::int64_t width;      ///< of a head
    std::int64_t row() const { return (heads + 2 * key_heads) * width; }
    std::int64_t sharing() const { return heads / key_heads; }  ///< query heads that share a key head
    std::int64_t query(std::int64_t head) const { return head * width; }
    std::int64_t key(std::int64_t head) const { return (heads + head) * width; }
    std::int64_t value(std::int64_t head) const { return (heads + key_heads + head) * width; }
    float scale() const { return 1.0F / std::sqrt(static_cast<float>(width)); }
};

/// Entries [begin, end) of a row of scores.
struct score_range {
    std::int64_t begin, end;
};

/// Replaces scores by softmax probabilities over all `seen` ranges together; entries outside are left alone.
/// @return log of the sum of exponentials
inline float softmax_over(float* row, std::span<const score_range> seen) {
    float top = -INFINITY;
    for (const score_range& s : seen)
        if (s.begin < s.end)
            top = std::max(top, lane_max(s.end - s.begin, [from = row + s.begin](std::int64_t i) { return from[i]; }));
    float total = 0;
    for (const score_range& s : seen) {
        float* const from = row + s.begin;
        const std::int64_t n = s.end - s.begin;
        for (std::int64_t i = 0; i < n; ++i) from[i] = fast_exp(from[i] - top);
        total += lane_sum(n, [from](std::int64_t i) { return from[i]; });
    }
    const float share = 1.0F / total;
    for (const score_range& s : seen)
        for (std::int64_t i = s.begin; i < s.end; ++i) row[i] *= share;
    return top + std::log(total);
}

/// Copies `n` rows of `width` floats, `stride` apart, multiplied by `factor`.
template <class From>
inline void gather_rows(const From* from, std::int64_t stride, std::int64_t n, std::int64_t width, float factor,
                        float* to) {
    for (std::int64_t t = 0; t < n; ++t)
        for (std::int64_t i = 0; i < width; ++i) to[t * width + i] = factor * static_cast<float>(from[t * stride + i]);
}

/// Copies `n` rows of `width` floats, `stride` apart, as columns of a matrix whose rows are `to_row` apart.
inline void gather_columns(const float* from, std::int64_t stride, std::int64_t n, std::int64_t width, float* to,
                           std::int64_t to_row) {
    for (std::int64_t t = 0; t < n; ++t)
        for (std::int64_t i = 0; i < width; ++i) to[i * to_row + t] = from[t * stride + i];
}

}  // namespace aha::detail
