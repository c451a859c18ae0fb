#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <aha/pretrained/gguf_blocks.hpp>
#include <aha/pretrained/gguf_code_books.hpp>

/// One block of each GGUF type of one to three bits as float32: eight or four numbers at a time are a point of a code
/// book, with signs of their own. 256 numbers a block. As in gguf_blocks.hpp, every product is exact in float32.
namespace aha::detail {

template <std::size_t Size, std::size_t Width>
using code_book = std::array<std::array<std::int8_t, Width>, Size>;

/// The book in `packed` (gguf_code_books.hpp); `levels` are the values of a coordinate.
template <std::size_t Size, std::size_t Width, std::size_t Levels>
code_book<Size, Width> read_code_book(std::string_view packed, const std::array<std::int8_t, Levels>& levels) {
    constexpr unsigned bits = Width == 8 ? 2 : 3;
    code_book<Size, Width> book;
    std::size_t at = 0;
    unsigned code = 0;
    for (auto& point : book) {
        for (unsigned shift = 0, digit = 32; digit >= 32; shift += 5) {
            digit = static_cast<unsigned>(code_book_digits.find(packed[at++]));
            code += digit % 32 << shift;
        }
        for (unsigned i = 0; i < Width; ++i) point[i] = levels[code >> i * bits & ((1U << bits) - 1)];
    }
    return book;
}

inline constexpr std::array<std::int8_t, 3> two_bit_levels{8, 25, 43};

inline const auto& iq2_xxs_book() {
    static const auto book = read_code_book<256, 8>(iq2_xxs_points, two_bit_levels);
    return book;
}
inline const auto& iq2_xs_book() {
    static const auto book = read_code_book<512, 8>(iq2_xs_points, two_bit_levels);
    return book;
}
inline const auto& iq2_s_book() {
    static const auto book = read_code_book<1024, 8>(iq2_s_points, two_bit_levels);
    return book;
}
inline const auto& iq3_xxs_book() {
    static const auto book =
        read_code_book<256, 4>(iq3_xxs_points, std::array<std::int8_t, 8>{4, 12, 20, 28, 36, 44, 52, 62});
    return book;
}
inline const auto& iq3_s_book() {
    static const auto book =
        read_code_book<512, 4>(iq3_s_points, std::array<std::int8_t, 8>{1, 3, 5, 7, 9, 11, 13, 15});
    return book;
}
inline const auto& iq1_book() {
    static const auto book = read_code_book<2048, 8>(iq1_s_points, std::array<std::int8_t, 3>{-1, 0, 1});
    return book;
}

/// Eight signs in seven bits: their number of minus signs is even.
inline unsigned eight_signs(unsigned seven) { return seven | static_cast<unsigned>(std::popcount(seven) & 1) << 7; }

/// A point times `scale`, negative where the bit of `signs` is set.
template <std::size_t Width>
void expand_point(const std::array<std::int8_t, Width>& point, unsigned signs, float scale, float* out) {
    for (unsigned i = 0; i < Width; ++i) {
        const float size = scale * static_cast<float>(point[i]);
        out[i] = (signs >> i & 1) != 0 ? -size : size;
    }
}

inline void expand_iq2_xxs(const std::uint8_t* in, float* out) {
    const float all = half_at(in);
    const auto& book = iq2_xxs_book();
    for (int run = 0; run < 8; ++run) {
        const std::uint8_t* const points = in + 2 + run * 8;
        const auto bits = stored_at<std::uint32_t>(points + 4);  // four times seven signs, then the scale
        const float scale = all * (0.5F + static_cast<float>(bits >> 28)) * 0.25F;
        for (int i = 0; i < 4; ++i)
            expand_point(book[points[i]], eight_signs(bits >> i * 7 & 127), scale, out + run * 32 + i * 8);
    }
}

/// Point `i`'s scale, of which two points share half a byte.
inline float shared_scale(float all, const std::uint8_t* scales, int i) {
    return all * (0.5F + static_cast<float>(scales[i / 4] >> i / 2 % 2 * 4 & 15)) * 0.25F;
}

inline void expand_iq2_xs(const std::uint8_t* in, float* out) {
    const float all = half_at(in);
    const auto& book = iq2_xs_book();
    for (int i = 0; i < 32; ++i) {
        const unsigned bits = stored_at<std::uint16_t>(in + 2 + i * 2);
        expand_point(book[bits & 511], eight_signs(bits >> 9), shared_scale(all, in + 66, i), out + i * 8);
    }
}

inline void expand_iq2_s(const std::uint8_t* in, float* out) {
    const float all = half_at(in);
    const auto& book = iq2_s_book();
    for (int i = 0; i < 32; ++i) {
        const unsigned high = in[66 + i / 4] >> i % 4 * 2 & 3;
        expand_point(book[in[2 + i] | high << 8], in[34 + i], shared_scale(all, in + 74, i), out + i * 8);
    }
}

inline void expand_iq3_xxs(const std::uint8_t* in, float* out) {
    const float all = half_at(in);
    const auto& book = iq3_xxs_book();
    for (int run = 0; run < 8; ++run) {
        const auto bits = stored_at<std::uint32_t>(in + 66 + run * 4);
        const float scale = all * (0.5F + static_cast<float>(bits >> 28)) * 0.5F;
        for (int i = 0; i < 8; ++i) {
            const unsigned signs = eight_signs(bits >> i / 2 * 7 & 127);
            expand_point(book[in[2 + run * 8 + i]], signs >> i % 2 * 4, scale, out + run * 32 + i * 4);
        }
    }
}

inline void expand_iq3_s(const std::uint8_t* in, float* out) {
    const float all = half_at(in);
    const auto& book = iq3_s_book();
    for (int i = 0; i < 64; ++i) {
        const unsigned high = in[66 + i / 8] >> i % 8 & 1, signs = in[74 + i / 2];
        const float scale = all * static_cast<float>(1 + 2 * (in[106 + i / 16] >> i / 8 % 2 * 4 & 15));
        expand_point(book[in[2 + i] | high << 8], signs >> i % 2 * 4, scale, out + i * 4);
    }
}

/// Ternary points, moved an eighth up or down.
inline void expand_moved(const std::array<std::int8_t, 8>& point, bool down, float scale, float* out) {
    const float move = down ? -0.125F : 0.125F;
    for (unsigned i = 0; i < 8; ++i) out[i] = scale * (static_cast<float>(point[i]) + move);
}

inline void expand_iq1_s(const std::uint8_t* in, float* out) {
    const float all = half_at(in);
    const auto& book = iq1_book();
    for (int i = 0; i < 32; ++i) {
        const unsigned bits = stored_at<std::uint16_t>(in + 34 + i / 4 * 2);
        const unsigned high = bits >> i % 4 * 3 & 7;
        const float scale = all * static_cast<float>(2 * (bits >> 12 & 7) + 1);
        expand_moved(book[in[2 + i] | high << 8], (bits & 0x8000) != 0, scale, out + i * 8);
    }
}

/// The scale of all is cut into the top four bits of four words, whose other bits are scales of two points each.
inline void expand_iq1_m(const std::uint8_t* in, float* out) {
    std::array<unsigned, 4> words;
    for (unsigned i = 0; i < 4; ++i) words[i] = stored_at<std::uint16_t>(in + 48 + i * 2);
    const unsigned half = words[0] >> 12 | (words[1] >> 12) << 4 | (words[2] >> 12) << 8 | (words[3] >> 12) << 12;
    const float all = c10::detail::fp16_ieee_to_fp32_value(static_cast<std::uint16_t>(half));
    const auto& book = iq1_book();
    for (unsigned i = 0; i < 32; ++i) {
        const unsigned bits = in[32 + i / 2] >> i % 2 * 4;
        const float scale = all * static_cast<float>(2 * (words[i / 8] >> i / 2 % 4 * 3 & 7) + 1);
        expand_moved(book[in[i] | (bits & 7) << 8], (bits & 8) != 0, scale, out + i * 8);
    }
}

}  // namespace aha::detail
