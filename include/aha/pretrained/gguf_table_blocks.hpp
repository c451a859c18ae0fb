#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include <aha/pretrained/gguf_blocks.hpp>

/// One block of each GGUF type whose four bits choose among 16 given numbers, as float32. As in gguf_blocks.hpp, every
/// product is exact in float32.
namespace aha::detail {

/// The levels of IQ4_NL and IQ4_XS: ggml-common.h.
inline constexpr std::array<float, 16> uneven_levels{-127, -104, -83, -65, -49, -35, -22, -10,
                                                     1,    13,   25,  38,  53,  69,  89,  113};

/// Twice the numbers of FP4 (sign, two bits of exponent, one of fraction); minus zero is zero here, as in ggml.
/// https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf, section 5.3.3
inline constexpr std::array<float, 16> doubled_fp4{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// `count` bytes: their low halves choose the first numbers, their high halves the others.
inline void expand_levels(const std::uint8_t* in, int count, const std::array<float, 16>& levels, float scale,
                          float* out) {
    for (int i = 0; i < count; ++i) {
        out[i] = scale * levels[in[i] & 15];
        out[i + count] = scale * levels[in[i] >> 4];
    }
}

inline void expand_iq4_nl(const std::uint8_t* in, float* out) {
    expand_levels(in + 2, 16, uneven_levels, half_at(in), out);
}

inline void expand_iq4_xs(const std::uint8_t* in, float* out) {
    const float all = half_at(in);
    const int high_bits = stored_at<std::uint16_t>(in + 2);
    for (int run = 0; run < 8; ++run) {
        const int low = in[4 + run / 2] >> run % 2 * 4 & 15, high = high_bits >> run * 2 & 3;
        const float scale = all * static_cast<float>((low | high << 4) - 32);
        expand_levels(in + 8 + run * 16, 16, uneven_levels, scale, out + run * 32);
    }
}

/// The scale is a power of two, 2^(byte - 127), halved here since the levels are doubled. The byte 255, no number in
/// the specification, is 2^128 in ggml.
inline void expand_mxfp4(const std::uint8_t* in, float* out) {
    const std::uint32_t e = in[0];
    const float half_scale = std::bit_cast<float>(e < 2 ? std::uint32_t{0x00200000} << e : (e - 1) << 23);
    expand_levels(in + 1, 16, doubled_fp4, half_scale, out);
}

/// Half of an FP8 (E4M3) number without its sign; 0x7f, no number in the specification, is 0 in ggml.
inline float half_of_e4m3(std::uint8_t bits) {
    if (bits == 0x7f) return 0;
    const int exponent = bits >> 3 & 15, fraction = bits & 7;
    return exponent == 0 ? std::ldexp(static_cast<float>(fraction), -10)
                         : std::ldexp(static_cast<float>(8 + fraction), exponent - 11);
}

/// Four runs of 16, each with a scale.
inline void expand_nvfp4(const std::uint8_t* in, float* out) {
    for (int run = 0; run < 4; ++run)
        expand_levels(in + 4 + run * 8, 8, doubled_fp4, half_of_e4m3(in[run]), out + run * 16);
}

}  // namespace aha::detail
