#pragma once

#include <cstdint>
#include <cstring>

/// Products of small float32 matrices inside one thread, for kernels that are parallel outside: attention over a few
/// dozen queries is too small for a BLAS call each. The order of additions depends on the inner extent alone.
namespace aha {

/// A read-only matrix with element (i, k) at `data[i * row + k * column]`: transposing is swapping the strides.
struct strided_matrix {
    const float* data;
    std::int64_t row;
    std::int64_t column;
};

namespace detail {

using float_lanes = float __attribute__((vector_size(64)));
inline constexpr std::int64_t lanes_in_vector = 16;

inline float_lanes load_lanes(const float* from) {
    float_lanes v;
    std::memcpy(&v, from, sizeof v);
    return v;
}

/// c[Rows, 16 * Vectors] (+)= a b over `inner` terms; the accumulators stay in registers.
template <int Rows, int Vectors>
inline void product_tile(std::int64_t inner, const strided_matrix& a, const float* b, std::int64_t b_row, float* c,
                         std::int64_t c_row, bool add) {
    float_lanes sum[Rows][Vectors];
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v)
            sum[r][v] = add ? load_lanes(c + r * c_row + v * lanes_in_vector) : float_lanes{};
    for (std::int64_t k = 0; k < inner; ++k) {
        float_lanes right[Vectors];
        for (int v = 0; v < Vectors; ++v) right[v] = load_lanes(b + k * b_row + v * lanes_in_vector);
        for (int r = 0; r < Rows; ++r) {
            const float left = a.data[r * a.row + k * a.column];
            for (int v = 0; v < Vectors; ++v) sum[r][v] += left * right[v];
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v) std::memcpy(c + r * c_row + v * lanes_in_vector, &sum[r][v], sizeof sum[r][v]);
}

/// All rows of a stripe of `16 * Vectors` columns.
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
    for (; n + wide <= columns; n += wide)
        detail::product_stripe<2>(rows, inner, a, b + n, b_row, c + n, c_row, add);
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

/// The smallest multiple of a vector's width that is at least `n`: how wide rows of keys are laid out.
constexpr std::int64_t whole_vectors(std::int64_t n) {
    return (n + detail::lanes_in_vector - 1) / detail::lanes_in_vector * detail::lanes_in_vector;
}

}  // namespace aha
