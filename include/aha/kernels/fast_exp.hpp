#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace aha {

/// `exp(x)` in float32 to within 2 units in the last place, written so that compilers vectorize loops over it (the
/// library call is a function call an element). Below -87.3 it returns exp(-87.3), about 1e-38; above 88.3 exp(88.3).
inline float fast_exp(float x) {
    x = std::min(std::max(x, -87.3F), 88.3F);
    constexpr float to_nearest = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
    const float shifted = x * 1.44269504F + to_nearest;
    const float n = shifted - to_nearest;
    const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;  // ln 2 in two parts
    // Taylor-like minimax polynomial of (exp(r) - 1 - r) / r^2 on [-ln2/2, ln2/2] (the classic Cephes coefficients)
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    const float y = p * r * r + r + 1.0F;
    const auto exponent = static_cast<std::int32_t>(n) + 127;
    return y * std::bit_cast<float>(exponent << 23);
}

}  // namespace aha
