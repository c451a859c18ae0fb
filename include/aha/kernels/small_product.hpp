#pragma once

#include <cstdint>
#include <cstring>

/// Products of small float32 matrices inside one thread, for kernels that are parallel outside: attention over a few
/// dozen queries is too small for a BLAS call each. The order of additions depends on the inner extent alone.
namespace aha {

/// A read-only matrix with element (i, k) at `data[i * row + k * column]`: transposing is swapping the strides.
struct strided_matrix {
    const float* data;    ///< the first number
    std::int64_t row;     ///< numbers from one row to the next
    std::int64_t column;  ///< numbers from one column to the next
};

namespace detail {

// The widest vector of the processor that is compiled for: compilers handle wider ones by way of memory.
#if defined(__AVX512F__)
inline constexpr std::int64_t lanes_in_vector = 16;
#elif defined(__AVX__)
inline constexpr std::int64_t lanes_in_vector = 8;
#else
inline constexpr std::int64_t lanes_in_vector = 4;
#endif
using float_lanes = float __attribute__((vector_size(lanes_in_vector * sizeof(float))));

/// c[Rows, lanes_in_vector * Vectors] (+)= a b over `inner` terms; the accumulators stay in registers. Vectors are
/// never passed or returned: how that is done depends on the processor that is compiled for.
template <int Rows, int Vectors>
inline void product_tile(std::int64_t inner, const strided_matrix& a, const float* b, std::int64_t b_row, float* c,
                         std::int64_t c_row, bool add) {
    float_lanes sum[Rows][Vectors] = {};
    if (add)
        for (int r = 0; r < Rows; ++r)
            for (int v = 0; v < Vectors; ++v)
                std::memcpy(&sum[r][v], c + r * c_row + v * lanes_in_vector, sizeof(float_lanes));
    for (std::int64_t k = 0; k < inner; ++k) {
        float_lanes right[Vectors];
        for (int v = 0; v < Vectors; ++v)
            std::memcpy(&right[v], b + k * b_row + v * lanes_in_vector, sizeof(float_lanes));
        for (int r = 0; r < Rows; ++r) {
            const float left = a.data[r * a.row + k * a.column];
            for (int v = 0; v < Vectors; ++v) sum[r][v] += left * right[v];
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v)
            std::memcpy(c + r * c_row + v * lanes_in_vector, &sum[r][v], sizeof(float_lanes));
}

/// All rows of a stripe of `lanes_in_vector * Vectors` columns.
template <int Vectors>
inline void product_stripe(std::int64_t rows, std::int64_t inner, strided_matrix a, const float* b, std::int64_t b_row,
                           float* c, std::int64_t c_row, bool add) {
    constexpr int at_once = 6;
    for (; rows >= at_once; rows -= at_once, a.data += at_once * a.row, c += at_once * c_row)
        product_tile<at_once, Vectors>(inner, a, b, b_row, c, c_row, add);
    switch (rows) {
        case 1: return product_tile<1, Vectors>(inner, a, b, b_row, c, c_row, add);
        case 2: return product_tile<2, Vectors>(inner, a, b, b_row, c, c_row, add);
        case 3: return product_tile<3, Vectors>(inner, a, b, b_row, c, c_row, add);
        case 4: return product_tile<4, Vectors>(inner, a, b, b_row, c, c_row, add);
        case 5: return product_tile<5, Vectors>(inner, a, b, b_row, c, c_row, add);
        default: return;
    }
}

}  // namespace detail

/// `c = a b`, or `c += a b` with `add`.
/// @param a [rows, inner]
/// @param b [inner, columns], rows `b_row` floats apart
/// @param c [rows, columns], rows `c_row` floats apart; must not overlap `a` or `b`
inline void small_product(std::int64_t rows, std::int64_t columns, std::int64_t inner, const strided_matrix& a,
                          const float* b, std::int64_t b_row, float* c, std::int64_t c_row, bool add) {
    constexpr std::int64_t wide = 2 * detail::lanes_in_vector;
    std::int64_t n = 0;
    for (; n + wide <= columns; n += wide) detail::product_stripe<2>(rows, inner, a, b + n, b_row, c + n, c_row, add);
    for (; n + detail::lanes_in_vector <= columns; n += detail::lanes_in_vector)
        detail::product_stripe<1>(rows, inner, a, b + n, b_row, c + n, c_row, add);
    if (n == columns) return;
    for (std::int64_t r = 0; r < rows; ++r) {
        if (!add)
            for (std::int64_t i = n; i < columns; ++i) c[r * c_row + i] = 0;
        for (std::int64_t k = 0; k < inner; ++k)
            for (std::int64_t i = n; i < columns; ++i)
                c[r * c_row + i] += a.data[r * a.row + k * a.column] * b[k * b_row + i];
    }
}

/// The smallest multiple of 16, the widest vector's lanes, that is at least `n`: how wide rows of keys are laid out.
constexpr std::int64_t whole_vectors(std::int64_t n) { return (n + 15) / 16 * 16; }

}  // namespace aha
