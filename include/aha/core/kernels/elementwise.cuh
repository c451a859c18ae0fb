#pragma once

#include <cmath>
#include <cstdint>

namespace aha {

/// Adds a block's output to the residual stream and normalises the sum for the next block, one block a row. Bytes a
/// row: D (4 + sizeof(Delta)) read, D (4 + sizeof(Delta)) written; 5 D operations.
template <class Delta>
struct residual_norm_row {
    static constexpr int threads = 256;  ///< of a block

    const float* x;       ///< [T, D]
    const Delta* delta;   ///< [T, D] or null: nothing is added
    const float* weight;  ///< [D] of the norm
    std::int64_t width;   ///< D
    float epsilon;        ///< of the norm
    float* sum;           ///< [T, D] result; may be `x`
    Delta* normalised;    ///< [T, D] result
    float* inverse;       ///< [T] result: 1 / root mean square

    /// What a block needs.
    std::int64_t shared_bytes() const { return 0; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t from = block.index() * width;
        typename Block::template values<float> squares;
        block.each([&](int t) {
            float total = 0;
            for (std::int64_t i = t; i < width; i += threads) {
                const float value = x[from + i] + (delta == nullptr ? 0.0F : static_cast<float>(delta[from + i]));
                sum[from + i] = value;
                total += value * value;
            }
            squares[t] = total;
        });
        const float r = 1.0F / ::sqrtf(block.sum(squares) / static_cast<float>(width) + epsilon);
        block.each([&](int t) {
            for (std::int64_t i = t; i < width; i += threads)
                normalised[from + i] = static_cast<Delta>(sum[from + i] * r * weight[i]);
            if (t == 0) inverse[block.index()] = r;
        });
    }
};

/// silu(gate) * up, the gate in float32, one block 1024 numbers. Bytes a number: 3 sizeof(Value); 1 exponential.
template <class Value>
struct gate_numbers {
    static constexpr int threads = 256;              ///< of a block
    static constexpr std::int64_t per_block = 1024;  ///< numbers

    const Value* gate_up;  ///< [T, 2F] the gate's columns first
    std::int64_t rows;     ///< T
    std::int64_t width;    ///< F
    Value* out;            ///< [T, F] result

    /// What a block needs.
    std::int64_t shared_bytes() const { return 0; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        block.each([&](int t) {
            for (std::int64_t n = t; n < per_block; n += threads) {
                const std::int64_t e = block.index() * per_block + n;
                if (e >= rows * width) break;
                const std::int64_t row = e / width, i = e % width;
                const auto gate = static_cast<float>(gate_up[2 * row * width + i]);
                const auto up = static_cast<float>(gate_up[(2 * row + 1) * width + i]);
                out[e] = static_cast<Value>(gate / (1.0F + ::expf(-gate)) * up);
            }
        });
    }
};

}  // namespace aha
