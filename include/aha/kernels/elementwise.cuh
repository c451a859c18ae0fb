#pragma once

#include <cmath>
#include <cstdint>

namespace aha {

/// Adds a block's output to the residual stream and normalizes the sum for the next block, one block a row. Bytes a
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
    Delta* normalized;    ///< [T, D] result
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
                normalized[from + i] = static_cast<Delta>(sum[from + i] * r * weight[i]);
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

/// The gradient of `gate_numbers`, one block 1024 numbers of the result. Bytes a number: 5 sizeof(Value).
template <class Value>
struct gate_numbers_backward {
    static constexpr int threads = 256;              ///< of a block
    static constexpr std::int64_t per_block = 1024;  ///< numbers

    const Value* gate_up;   ///< [T, 2F]
    const Value* gradient;  ///< [T, F] of the result
    std::int64_t rows;      ///< T
    std::int64_t width;     ///< F
    Value* out;             ///< [T, 2F] result

    /// What a block needs.
    std::int64_t shared_bytes() const { return 0; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        block.each([&](int t) {
            for (std::int64_t n = t; n < per_block; n += threads) {
                const std::int64_t e = block.index() * per_block + n;
                if (e >= rows * width) break;
                const std::int64_t at = e / width * 2 * width + e % width;
                const auto gate = static_cast<float>(gate_up[at]), up = static_cast<float>(gate_up[at + width]);
                const auto g = static_cast<float>(gradient[e]);
                const float s = 1.0F / (1.0F + ::expf(-gate));
                out[at] = static_cast<Value>(g * up * s * (1.0F + gate * (1.0F - s)));
                out[at + width] = static_cast<Value>(g * gate * s);
            }
        });
    }
};

/// The gradient of a root-mean-square norm: dx = r (w gy - xhat mean(w gy xhat)) with xhat = r x, and for each stretch
/// of rows the sum of gy xhat, one block a stretch. Bytes a row: D (2 sizeof(In) + sizeof(Out)).
template <class In, class Out>
struct norm_rows_backward {
    static constexpr int threads = 256;          ///< of a block
    static constexpr std::int64_t stretch = 16;  ///< rows of a block

    const In* x;           ///< [T, D] what was normalized
    const float* weight;   ///< [D]
    const float* inverse;  ///< [T] 1 / root mean square
    const Out* gradient;   ///< [T, D] of the result
    std::int64_t rows;     ///< T
    std::int64_t width;    ///< D
    In* out;               ///< [T, D] result
    float* weight_parts;   ///< [stretches, D] result, to be added up; or null

    /// What a block needs.
    std::int64_t shared_bytes() const { return width * static_cast<std::int64_t>(sizeof(float)) + 16; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        float* const part = block.template shared<float>(width);
        block.each([&](int t) {
            for (std::int64_t i = t; i < width; i += threads) part[i] = 0;
        });
        const std::int64_t first = block.index() * stretch;
        for (std::int64_t row = first; row < first + stretch && row < rows; ++row) {
            const In* const from = x + row * width;
            const Out* const g = gradient + row * width;
            const float r = inverse[row];
            typename Block::template values<float> dots;
            block.each([&](int t) {
                float sum = 0;
                for (std::int64_t i = t; i < width; i += threads) {
                    const float product = static_cast<float>(g[i]) * static_cast<float>(from[i]);
                    sum += weight[i] * product;
                    part[i] += product * r;
                }
                dots[t] = sum;
            });
            const float shift = block.sum(dots) * r * r / static_cast<float>(width);
            block.each([&](int t) {
                for (std::int64_t i = t; i < width; i += threads)
                    out[row * width + i] = static_cast<In>(
                        r * (weight[i] * static_cast<float>(g[i]) - shift * static_cast<float>(from[i])));
            });
        }
        block.each([&](int t) {
            for (std::int64_t i = t; i < width && weight_parts != nullptr; i += threads)
                weight_parts[block.index() * width + i] = part[i];
        });
    }
};

/// Rotary positions (and a bias before) of a row of heads, one block a row: the first `rotated` heads are turned, the
/// others copied. Bytes a row: N d (sizeof(In) + sizeof(Out)).
template <class In, class Out>
struct rotate_heads {
    static constexpr int threads = 256;  ///< of a block

    const In* x;                    ///< [T, N, d]
    const float* bias;              ///< [N d] or null
    const float* cosine;            ///< [context, d/2]
    const float* sine;              ///< [context, d/2]
    const std::int64_t* positions;  ///< [T]
    std::int64_t heads;             ///< N
    std::int64_t rotated;           ///< how many of them
    std::int64_t half;              ///< d/2
    float direction;                ///< -1 turns back
    Out* out;                       ///< [T, N, d] result

    /// What a block needs.
    std::int64_t shared_bytes() const { return 0; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t row = block.index() * heads * 2 * half, place = positions[block.index()] * half;
        const auto value = [=, this](std::int64_t i) {
            return static_cast<float>(x[row + i]) + (bias == nullptr ? 0.0F : bias[i]);
        };
        block.each([&](int t) {
            for (std::int64_t n = t; n < heads * half; n += threads) {
                const std::int64_t head = n / half, i = n % half, a = head * 2 * half + i, b = a + half;
                const bool turns = head < rotated;
                const float c = turns ? cosine[place + i] : 1.0F, s = turns ? direction * sine[place + i] : 0.0F;
                const float first = value(a), second = value(b);
                out[row + a] = static_cast<Out>(first * c - second * s);
                out[row + b] = static_cast<Out>(second * c + first * s);
            }
        });
    }
};

}  // namespace aha
