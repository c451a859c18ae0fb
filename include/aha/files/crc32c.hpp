#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace aha {

namespace detail {

/// Table t of row k gives the checksum of byte t followed by k zero bytes.
inline constexpr auto crc32c_tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? rest >> 1 ^ 0x82F63B78U : rest >> 1;
        tables[0][byte] = rest;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t byte = 0; byte < 256; ++byte)
            tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
    return tables;
}();

}  // namespace detail

/// The checksum CRC-32C (Castagnoli; RFC 3720, appendix B.4) of bytes, eight at a time (Kounavis and Berry 2005), or,
/// given that of the bytes before, of all of them together.
inline std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0) {
    const auto& tables = detail::crc32c_tables;
    std::uint32_t rest = ~before;
    if constexpr (std::endian::native == std::endian::little) {
        for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
            std::uint32_t low = 0, high = 0;
            std::memcpy(&low, bytes.data(), 4);
            std::memcpy(&high, bytes.data() + 4, 4);
            low ^= rest;
            rest = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
                   tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^
                   tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
        }
    }
    for (const std::byte byte : bytes)
        rest = tables[0][(rest ^ std::to_integer<std::uint32_t>(byte)) & 0xff] ^ rest >> 8;
    return ~rest;
}
/// The same of a text.
inline std::uint32_t crc32c(std::string_view text, std::uint32_t before = 0) {
    return crc32c(std::as_bytes(std::span{text}), before);
}

}  // namespace aha
