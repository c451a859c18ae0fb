#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace aha {

/// Rows that see the same stretch of keys: a prompt's completions, or one row and its own tokens.
struct shared_kv_range {
    std::int64_t first_row = 0;   ///< where they begin
    std::int64_t rows = 0;        ///< 0: nothing to do
    std::int64_t first_key = 0;   ///< token in the memory of keys
    std::int64_t keys = 0;        ///< how many
    std::int64_t first_part = 0;  ///< where the results of its chunks go
};

/// Attention of queries over one chunk of keys, one block a stretch, key head and chunk; `join_chunks` makes the
/// results of a row's chunks one (Milakov & Gimelshein 2018; the split over keys is that of flash decoding). Keys that
/// several rows share are read from memory once for all of their queries.
///
/// A chunk's bytes: 2 C d sizeof(Key) for up to `most_queries` queries; 4 C d operations a query.
template <class Key>
struct attend_chunks {
    static constexpr int threads = 128;               ///< of a block
    static constexpr std::int64_t chunk = 256;        ///< keys of a block
    static constexpr std::int64_t tile = 64;          ///< keys held at a time
    static constexpr std::int64_t most_queries = 32;  ///< of a block; a stretch has at most so many

    const float* queries;              ///< [B, H, d] scaled
    std::int64_t heads;                ///< H
    std::int64_t key_heads;            ///< Hk
    std::int64_t width;                ///< d
    const Key* keys;                   ///< [tokens, Hk, d]
    const Key* values;                 ///< the same
    const shared_kv_range* stretches;  ///< [S], or null: each row sees its own tokens
    const std::int64_t* slots;         ///< [B] where `stretches` is null: the row's place
    const std::int64_t* own;           ///< [B] the same: tokens before the one of this step
    const std::uint8_t* alive;         ///< [B] the same
    std::int64_t capacity;             ///< the same: tokens of a place
    std::int64_t own_first_part;       ///< the same
    std::int64_t chunks;               ///< blocks a stretch and key head
    std::int64_t parts;                ///< results a row and head has room for
    float* part_out;                   ///< [B, H, parts, d] result
    float* part_sums;                  ///< [B, H, parts, 2] result: greatest score, sum of exponentials

    /// What a block needs.
    std::int64_t shared_bytes() const {
        return (2 * most_queries * width + tile * (width + 1) + most_queries * (tile + 4)) *
                   static_cast<std::int64_t>(sizeof(float)) +
               64;
    }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t part = block.index() % chunks, head = block.index() / chunks % key_heads;
        const shared_kv_range s = stretch(block.index() / chunks / key_heads);
        const std::int64_t from = part * chunk, to = std::min(s.keys, from + chunk);
        if (s.rows == 0 || from >= to) return;
        const std::int64_t rep = heads / key_heads, count = s.rows * rep;
        float* const q = block.template shared<float>(count * width);
        float* const out = block.template shared<float>(count * width);
        float* const held = block.template shared<float>(tile * (width + 1));
        float* const scores = block.template shared<float>(count * tile);
        float* const top = block.template shared<float>(count);
        float* const sum = block.template shared<float>(count);
        float* const shrink = block.template shared<float>(count);
        const auto query = [&](std::int64_t n) {  // place of query n in [B, H]
            return (s.first_row + n / rep) * heads + head * rep + n % rep;
        };
        const auto hold = [&](const Key* all, std::int64_t first, std::int64_t n, int t) {
            for (std::int64_t e = t; e < n * width; e += threads) {
                const std::int64_t token = e / width, i = e % width;
                held[token * (width + 1) + i] =
                    static_cast<float>(all[((s.first_key + first + token) * key_heads + head) * width + i]);
            }
        };
        block.each([&](int t) {
            for (std::int64_t e = t; e < count * width; e += threads) {
                q[e] = queries[query(e / width) * width + e % width];
                out[e] = 0;
            }
            for (std::int64_t n = t; n < count; n += threads) {
                top[n] = -INFINITY;
                sum[n] = 0;
            }
        });
        for (std::int64_t first = from; first < to; first += tile) {
            const std::int64_t n_keys = std::min(tile, to - first);
            block.each([&](int t) { hold(keys, first, n_keys, t); });
            block.each([&](int t) {  // a thread has one key and every other set of 8 queries
                const std::int64_t key = t % tile;
                if (key >= n_keys) return;
                for (std::int64_t set = t / tile * 8; set < count; set += threads / tile * 8) {
                    const auto n = static_cast<int>(std::min<std::int64_t>(8, count - set));
                    float dot[8] = {};
                    for (std::int64_t i = 0; i < width; ++i) {
                        const float k = held[key * (width + 1) + i];
                        for (int j = 0; j < 8; ++j)
                            if (j < n) dot[j] += q[(set + j) * width + i] * k;
                    }
                    for (int j = 0; j < n; ++j) scores[(set + j) * tile + key] = dot[j];
                }
            });
            block.each([&](int t) {
                hold(values, first, n_keys, t);
                for (std::int64_t n = t; n < count; n += threads) {
                    float* const row = scores + n * tile;
                    float most = top[n], total = 0;
                    for (std::int64_t k = 0; k < n_keys; ++k) most = std::max(most, row[k]);
                    for (std::int64_t k = 0; k < n_keys; ++k) total += row[k] = ::expf(row[k] - most);
                    shrink[n] = ::expf(top[n] - most);
                    sum[n] = sum[n] * shrink[n] + total;
                    top[n] = most;
                }
            });
            block.each([&](int t) {  // a thread has one number of the width and every other set of 8 queries
                const std::int64_t lanes = std::min<std::int64_t>(width, threads);
                for (std::int64_t i = t % lanes; i < width; i += lanes)
                    for (std::int64_t set = t / lanes * 8; set < count; set += threads / lanes * 8) {
                        const auto n = static_cast<int>(std::min<std::int64_t>(8, count - set));
                        float total[8] = {};
                        for (std::int64_t k = 0; k < n_keys; ++k) {
                            const float v = held[k * (width + 1) + i];
                            for (int j = 0; j < 8; ++j)
                                if (j < n) total[j] += scores[(set + j) * tile + k] * v;
                        }
                        for (int j = 0; j < n; ++j) {
                            float& place = out[(set + j) * width + i];
                            place = place * shrink[set + j] + total[j];
                        }
                    }
            });
        }
        block.each([&](int t) {
            const auto place = [&](std::int64_t n) { return query(n) * parts + s.first_part + part; };
            for (std::int64_t e = t; e < count * width; e += threads)
                part_out[place(e / width) * width + e % width] = out[e];
            for (std::int64_t n = t; n < count; n += threads) {
                part_sums[place(n) * 2] = top[n];
                part_sums[place(n) * 2 + 1] = sum[n];
            }
        });
    }

private:
    constexpr shared_kv_range stretch(std::int64_t n) const {
        if (stretches != nullptr) return stretches[n];
        return {n, alive[n] != 0 ? 1 : 0, slots[n] * capacity, own[n] + 1, own_first_part};
    }
};

/// How many keys a row sees in each of its stretches.
struct row_kv_ranges {
    static constexpr int most = 3;       ///< what several prompts begin with, the rest of its prompt, its own
    std::int64_t first_part[most] = {};  ///< where their chunks' results are
    std::int64_t keys[most] = {};        ///< 0: there is no such stretch
};

/// Makes the results of a row's chunks one, one block a row: weighted by their sums of exponentials.
template <class Out>
struct join_chunks {
    static constexpr int threads = 128;  ///< of a block

    const float* part_out;      ///< [B, H, parts, d]
    const float* part_sums;     ///< [B, H, parts, 2]
    std::int64_t heads;         ///< H
    std::int64_t width;         ///< d
    std::int64_t parts;         ///< results a row and head has room for
    std::int64_t chunk;         ///< keys of a part
    const row_kv_ranges* rows;  ///< [B] the last stretch is without the row's own tokens
    const std::int64_t* own;    ///< [B] own tokens before the one of this step
    const std::uint8_t* alive;  ///< [B]
    Out* out;                   ///< [B, H, d] result; zero where the row is not alive

    /// What a block needs.
    std::int64_t shared_bytes() const { return 0; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t row = block.index();
        block.each([&](int t) {
            for (std::int64_t e = t; e < heads * width; e += threads) {
                const std::int64_t at = row * heads + e / width, i = e % width;
                float top = -INFINITY, total = 0, value = 0;
                for (int n = 0; n < row_kv_ranges::most && alive[row] != 0; ++n) {
                    const std::int64_t keys = n + 1 == row_kv_ranges::most ? own[row] + 1 : rows[row].keys[n];
                    for (std::int64_t p = 0; p * chunk < keys; ++p) {
                        const std::int64_t part = at * parts + rows[row].first_part[n] + p;
                        const float most = std::max(top, part_sums[part * 2]);
                        const float before = ::expf(top - most), here = ::expf(part_sums[part * 2] - most);
                        total = total * before + part_sums[part * 2 + 1] * here;
                        value = value * before + part_out[part * width + i] * here;
                        top = most;
                    }
                }
                out[row * heads * width + e] = static_cast<Out>(total > 0 ? value / total : 0.0F);
            }
        });
    }
};

}  // namespace aha
