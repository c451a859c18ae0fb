#pragma once

#include <cmath>
#include <cstdint>

namespace aha {

/// What a decoding step does to a projection before attention, one block a row and head: bias, norm of queries and keys
/// (Qwen3), rotary positions; then queries go, scaled, to `queries`, keys and values to the row's place in the cache.
///
/// A row's bytes: (H + 2 Hk) d (sizeof(In) + ...) read once and written once; about 10 operations a number.
template <class In, class Key>
struct append_rows {
    static constexpr int threads = 64;  ///< of a block

    const In* qkv;                  ///< [B, H + 2 Hk, d]
    std::int64_t heads;             ///< H
    std::int64_t key_heads;         ///< Hk
    std::int64_t width;             ///< d
    const float* bias;              ///< [(H + 2 Hk) d] or null
    const float* query_norm;        ///< [d] or null
    const float* key_norm;          ///< [d] or null
    float epsilon;                  ///< of the norms
    float scale;                    ///< of the queries
    const float* cosine;            ///< [context, d/2]
    const float* sine;              ///< [context, d/2]
    const std::int64_t* positions;  ///< [B]
    const std::int64_t* slots;      ///< [B] the row's place in the cache
    const std::int64_t* own;        ///< [B] tokens it has there
    std::int64_t capacity;          ///< tokens that a place has room for
    const std::uint8_t* alive;      ///< [B] 0: the row is passed over
    float* queries;                 ///< [B, H, d] result
    Key* keys;                      ///< [slots, capacity, Hk, d] result
    Key* values;                    ///< the same

    /// What a block needs.
    std::int64_t shared_bytes() const { return width * static_cast<std::int64_t>(sizeof(float)); }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t all = heads + 2 * key_heads, row = block.index() / all, head = block.index() % all;
        if (alive[row] == 0) return;
        const In* const from = qkv + (row * all + head) * width;
        float* const x = block.template shared<float>(width);
        typename Block::template values<float> squares;
        block.each([&](int t) {
            float sum = 0;
            for (std::int64_t i = t; i < width; i += threads) {
                x[i] = static_cast<float>(from[i]) + (bias == nullptr ? 0.0F : bias[head * width + i]);
                sum += x[i] * x[i];
            }
            squares[t] = sum;
        });
        const bool is_query = head < heads, is_value = head >= heads + key_heads;
        const float* const norm = is_query ? query_norm : is_value ? nullptr : key_norm;
        if (norm != nullptr) {
            const float inverse = 1.0F / ::sqrtf(block.sum(squares) / static_cast<float>(width) + epsilon);
            block.each([&](int t) {
                for (std::int64_t i = t; i < width; i += threads) x[i] = x[i] * inverse * norm[i];
            });
        }
        const std::int64_t half = width / 2;
        const float* const c = cosine + positions[row] * half;
        const float* const s = sine + positions[row] * half;
        const auto turned = [=](std::int64_t i) {
            if (is_value) return x[i];
            return i < half ? x[i] * c[i] - x[i + half] * s[i] : x[i] * c[i - half] + x[i - half] * s[i - half];
        };
        const std::int64_t place = ((slots[row] * capacity + own[row]) * key_heads) * width;
        block.each([&](int t) {
            for (std::int64_t i = t; i < width; i += threads) {
                if (is_query) queries[(row * heads + head) * width + i] = scale * turned(i);
                else if (is_value) values[place + (head - heads - key_heads) * width + i] = static_cast<Key>(turned(i));
                else keys[place + (head - heads) * width + i] = static_cast<Key>(turned(i));
            }
        });
    }
};

}  // namespace aha
