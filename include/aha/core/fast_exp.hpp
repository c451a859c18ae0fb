#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace aha {

/// `exp(x)` in float32 to within 2 units in the last place, written so that compilers vectorise loops over it (the
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

/// `exp(x)` in double to within 2 units in the last place, for x in [-700, 700], written so that compilers vectorise
/// loops over it. Beyond, the value at the bound.
inline double precise_exp(double x) {
    x = std::min(std::max(x, -700.0), 700.0);
    constexpr double to_nearest = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    const double shifted = x * 1.4426950408889634 + to_nearest;
    const double n = shifted - to_nearest;
    const double r = (x - n * 0.693145751953125) - n * 1.42860682030941723212e-6;  // ln 2 in two parts
    // Taylor's series of exp(r) on [-ln2/2, ln2/2]; what it leaves out is below 1e-17
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    const double y = p * r * r + r + 1.0;
    // the low bits of `shifted` are n: they are added to the exponent
    return std::bit_cast<double>(std::bit_cast<std::int64_t>(y) + (std::bit_cast<std::int64_t>(shifted) << 52));
}

}  // namespace aha
