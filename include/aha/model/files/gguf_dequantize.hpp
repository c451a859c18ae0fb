#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <bit>
#include <c10/util/Half.h>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include <aha/core/error.hpp>
#include <aha/model/files/gguf.hpp>

namespace aha {

namespace detail {

// One block each. Layouts: the structures of ggml-common.h; a nibble's low half comes first in a block, and the K types
// store 256 numbers as runs of 32 or 16 that share a scale.

inline float half_at(const std::uint8_t* at) {
    std::uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return c10::detail::fp16_ieee_to_fp32_value(bits);
}

inline std::uint32_t word_at(const std::uint8_t* at) {
    std::uint32_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
}

inline void expand_f16(const std::uint8_t* in, float* out) { *out = half_at(in); }

inline void expand_bf16(const std::uint8_t* in, float* out) {
    std::uint16_t bits;
    std::memcpy(&bits, in, sizeof bits);
    *out = std::bit_cast<float>(std::uint32_t{bits} << 16);
}

inline void expand_q8_0(const std::uint8_t* in, float* out) {
    const float scale = half_at(in);
    for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(static_cast<std::int8_t>(in[2 + i])) * scale;
}

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
    const std::uint32_t fifth = word_at(in + 2);
    for (int i = 0; i < 16; ++i) {
        out[i] = static_cast<float>(static_cast<int>((in[6 + i] & 15) | (fifth >> i & 1) << 4) - 16) * scale;
        out[i + 16] =
            static_cast<float>(static_cast<int>((in[6 + i] >> 4) | (fifth >> (i + 16) & 1) << 4) - 16) * scale;
    }
}

inline void expand_q5_1(const std::uint8_t* in, float* out) {
    const float scale = half_at(in), least = half_at(in + 2);
    const std::uint32_t fifth = word_at(in + 4);
    for (int i = 0; i < 16; ++i) {
        out[i] = static_cast<float>((in[8 + i] & 15) | (fifth >> i & 1) << 4) * scale + least;
        out[i + 16] = static_cast<float>((in[8 + i] >> 4) | (fifth >> (i + 16) & 1) << 4) * scale + least;
    }
}

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

template <void (*Expand)(const std::uint8_t*, float*)>
void expand_blocks(std::span<const std::byte> in, const gguf_type& type, float* out) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(in.data());
    const auto blocks = static_cast<std::int64_t>(in.size() / type.bytes);
    at::parallel_for(0, blocks, std::max<std::int64_t>(1, 32768 / type.elements),
                     [&](std::int64_t from, std::int64_t to) {
                         for (std::int64_t b = from; b < to; ++b)
                             Expand(bytes + b * type.bytes, out + b * type.elements);
                     });
}

}  // namespace detail

/// The numbers that `in` (whole blocks of `type`) stands for, as float32 [N].
inline at::Tensor dequantize(std::span<const std::byte> in, const gguf_type& type) {
    require(type.bytes > 0 && in.size() % type.bytes == 0, in.size(), " bytes are no whole number of ", type.name,
            " blocks");
    const at::Tensor result =
        at::empty({static_cast<std::int64_t>(in.size() / type.bytes * type.elements)}, at::kFloat);
    float* const out = result.mutable_data_ptr<float>();
    if (in.empty()) return result;
    if (type.name == "F32") std::memcpy(out, in.data(), in.size());
    else if (type.name == "F16") detail::expand_blocks<detail::expand_f16>(in, type, out);
    else if (type.name == "BF16") detail::expand_blocks<detail::expand_bf16>(in, type, out);
    else if (type.name == "Q8_0") detail::expand_blocks<detail::expand_q8_0>(in, type, out);
    else if (type.name == "Q4_0") detail::expand_blocks<detail::expand_q4_0>(in, type, out);
    else if (type.name == "Q4_1") detail::expand_blocks<detail::expand_q4_1>(in, type, out);
    else if (type.name == "Q5_0") detail::expand_blocks<detail::expand_q5_0>(in, type, out);
    else if (type.name == "Q5_1") detail::expand_blocks<detail::expand_q5_1>(in, type, out);
    else if (type.name == "Q4_K") detail::expand_blocks<detail::expand_q4_k>(in, type, out);
    else if (type.name == "Q5_K") detail::expand_blocks<detail::expand_q5_k>(in, type, out);
    else if (type.name == "Q6_K") detail::expand_blocks<detail::expand_q6_k>(in, type, out);
    else fail("the GGUF type ", type.name, " cannot be expanded");
    return result;
}

/// The tensor called `name` of `file` as float32, in the shape and the row order that the file has.
inline at::Tensor dequantize(const gguf_file& file, const std::string& name) {
    const gguf_tensor& t = file.tensor(name);
    return dequantize(file.bytes(t), *t.type).view(t.shape);
}

}  // namespace aha
