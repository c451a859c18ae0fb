#pragma once

#include <cstdint>

#include <aha/pretrained/gguf_blocks.hpp>

/// One block of each K type, and of the ternary ones, as float32: 256 numbers, for the K types in runs of 32 or 16 that
/// share a scale, itself of four to eight bits. Layouts: the structures of ggml-common.h. As in gguf_blocks.hpp, every
/// product is exact in float32.
namespace aha::detail {

/// The 6-bit scale and minimum of run `i` (of 8), packed into 12 bytes: four of each, then the rest in split halves.
struct k_scale {
    float scale, least;
    k_scale(const std::uint8_t* packed, int i) {
        const int low = i % 4;
        const int s = i < 4 ? packed[low] & 63 : (packed[8 + low] & 15) | (packed[low] >> 6) << 4;
        const int m = i < 4 ? packed[4 + low] & 63 : (packed[8 + low] >> 4) | (packed[4 + low] >> 6) << 4;
        scale = static_cast<float>(s);
        least = static_cast<float>(m);
    }
};

inline void expand_q2_k(const std::uint8_t* in, float* out) {
    const float all = half_at(in + 80), all_least = half_at(in + 82);
    for (int run = 0; run < 16; ++run) {
        const float scale = all * static_cast<float>(in[run] & 15),
                    least = all_least * static_cast<float>(in[run] >> 4);
        const std::uint8_t* const pairs = in + 16 + run / 8 * 32 + run % 2 * 16;
        const int shift = run % 8 / 2 * 2;
        for (int i = 0; i < 16; ++i) out[run * 16 + i] = static_cast<float>(pairs[i] >> shift & 3) * scale - least;
    }
}

inline void expand_q3_k(const std::uint8_t* in, float* out) {
    const std::uint8_t* const scales = in + 96;
    const float all = half_at(in + 108);
    for (int run = 0; run < 16; ++run) {
        // Four low bits of each scale in the first eight bytes, two high ones in the last four.
        const int low = scales[run % 8] >> run / 8 * 4 & 15, high = scales[8 + run % 4] >> run / 4 * 2 & 3;
        const float scale = all * static_cast<float>((low | high << 4) - 32);
        const std::uint8_t *const third = in + run % 2 * 16, *const pairs = in + 32 + run / 8 * 32 + run % 2 * 16;
        const int shift = run % 8 / 2 * 2, third_shift = run / 2;
        for (int i = 0; i < 16; ++i) {
            const int q = (pairs[i] >> shift & 3) - ((third[i] >> third_shift & 1) != 0 ? 0 : 4);
            out[run * 16 + i] = static_cast<float>(q) * scale;
        }
    }
}

inline void expand_q4_k(const std::uint8_t* in, float* out) {
    const float all = half_at(in), all_least = half_at(in + 2);
    for (int run = 0; run < 8; ++run) {
        const k_scale k{in + 4, run};
        const float scale = all * k.scale, least = all_least * k.least;
        const std::uint8_t* const nibbles = in + 16 + run / 2 * 32;
        const int shift = run % 2 * 4;
        for (int i = 0; i < 32; ++i) out[run * 32 + i] = static_cast<float>(nibbles[i] >> shift & 15) * scale - least;
    }
}

inline void expand_q5_k(const std::uint8_t* in, float* out) {
    const float all = half_at(in), all_least = half_at(in + 2);
    for (int run = 0; run < 8; ++run) {
        const k_scale k{in + 4, run};
        const float scale = all * k.scale, least = all_least * k.least;
        const std::uint8_t *const fifth = in + 16, *const nibbles = in + 48 + run / 2 * 32;
        const int shift = run % 2 * 4;
        for (int i = 0; i < 32; ++i) {
            const int q = (nibbles[i] >> shift & 15) | (fifth[i] >> run & 1) << 4;
            out[run * 32 + i] = static_cast<float>(q) * scale - least;
        }
    }
}

inline void expand_q6_k(const std::uint8_t* in, float* out) {
    const float all = half_at(in + 208);
    for (int run = 0; run < 8; ++run) {  // 32 numbers, two scales
        const std::uint8_t* const nibbles = in + run / 4 * 64 + run % 2 * 32;
        const std::uint8_t* const high = in + 128 + run / 4 * 32;
        const int shift = run % 4 / 2 * 4, high_shift = run % 4 * 2;
        for (int i = 0; i < 32; ++i) {
            const float scale = all * static_cast<float>(static_cast<std::int8_t>(in[192 + run * 2 + i / 16]));
            const int q = ((nibbles[i] >> shift & 15) | (high[i] >> high_shift & 3) << 4) - 32;
            out[run * 32 + i] = static_cast<float>(q) * scale;
        }
    }
}

/// Five numbers of three values a byte: the byte is their fraction in base 3, times 256, and each multiplication by 3
/// brings the next one above the point.
inline void expand_tq1_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in + 52);
    const auto expand = [&](const std::uint8_t* bytes, int count, int numbers) {
        for (int n = 0, power = 1; n < numbers; ++n, power *= 3)
            for (int i = 0; i < count; ++i) {
                const int fraction = bytes[i] * power & 255;
                *out++ = static_cast<float>((fraction * 3 >> 8) - 1) * scale;
            }
    };
    expand(in, 32, 5);
    expand(in + 32, 16, 5);
    expand(in + 48, 4, 4);
}

inline void expand_tq2_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in + 64);
    for (int run = 0; run < 8; ++run)
        for (int i = 0; i < 32; ++i)
            out[run * 32 + i] = static_cast<float>((in[run / 4 * 32 + i] >> run % 4 * 2 & 3) - 1) * scale;
}

}  // namespace aha::detail
