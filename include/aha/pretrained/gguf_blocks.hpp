#pragma once

#include <bit>
#include <c10/util/Half.h>
#include <cstdint>
#include <cstring>

/// How one block of each plain GGUF type, and of those with a scale for 32 to 128 numbers, becomes float32. Layouts:
/// the structures of ggml-common.h. Every product here is exact in float32, so that a compiler which fuses it with the
/// sum after it changes no bit.
namespace aha::detail {

template <class T>
T stored_at(const std::uint8_t* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline float half_at(const std::uint8_t* at) {
    return c10::detail::fp16_ieee_to_fp32_value(stored_at<std::uint16_t>(at));
}

inline void expand_f16(const std::uint8_t* in, float* out) { *out = half_at(in); }

inline void expand_bf16(const std::uint8_t* in, float* out) {
    *out = std::bit_cast<float>(std::uint32_t{stored_at<std::uint16_t>(in)} << 16);
}

/// A plain number of another type.
template <class T>
void expand_plain(const std::uint8_t* in, float* out) {
    *out = static_cast<float>(stored_at<T>(in));
}

inline void expand_q8_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in);
    for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(static_cast<std::int8_t>(in[2 + i])) * scale;
}

// Half a byte a number: the low halves of the bytes come first.

inline void expand_q4_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in);
    for (int i = 0; i < 16; ++i) {
        out[i] = static_cast<float>((in[2 + i] & 15) - 8) * scale;
        out[i + 16] = static_cast<float>((in[2 + i] >> 4) - 8) * scale;
    }
}

inline void expand_q4_1(const std::uint8_t* in, float* out) {
    const float scale = half_at(in), least = half_at(in + 2);
    for (int i = 0; i < 16; ++i) {
        out[i] = static_cast<float>(in[4 + i] & 15) * scale + least;
        out[i + 16] = static_cast<float>(in[4 + i] >> 4) * scale + least;
    }
}

inline void expand_q5_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in);
    const auto fifth = stored_at<std::uint32_t>(in + 2);
    for (int i = 0; i < 16; ++i) {
        out[i] = static_cast<float>(static_cast<int>((in[6 + i] & 15) | (fifth >> i & 1) << 4) - 16) * scale;
        out[i + 16] =
            static_cast<float>(static_cast<int>((in[6 + i] >> 4) | (fifth >> (i + 16) & 1) << 4) - 16) * scale;
    }
}

inline void expand_q5_1(const std::uint8_t* in, float* out) {
    const float scale = half_at(in), least = half_at(in + 2);
    const auto fifth = stored_at<std::uint32_t>(in + 4);
    for (int i = 0; i < 16; ++i) {
        out[i] = static_cast<float>((in[8 + i] & 15) | (fifth >> i & 1) << 4) * scale + least;
        out[i + 16] = static_cast<float>((in[8 + i] >> 4) | (fifth >> (i + 16) & 1) << 4) * scale + least;
    }
}

/// A bit a number: the scale or its negative.
inline void expand_q1_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in);
    for (int i = 0; i < 128; ++i) out[i] = (in[2 + i / 8] >> i % 8 & 1) != 0 ? scale : -scale;
}

/// Two bits a number: -1, 0, 1 or 2 scales.
inline void expand_q2_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in);
    for (int i = 0; i < 64; ++i) out[i] = static_cast<float>((in[2 + i / 4] >> i % 4 * 2 & 3) - 1) * scale;
}

}  // namespace aha::detail
