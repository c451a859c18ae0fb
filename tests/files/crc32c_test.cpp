#include <aha/files/crc32c.hpp>

#include <cstddef>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace {

TEST(crc32c, gives_the_values_of_the_standard) {  // RFC 3720, appendix B.4
    EXPECT_EQ(aha::crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(aha::crc32c(std::string(32, '\0')), 0x8A9136AAU);
    EXPECT_EQ(aha::crc32c(std::string(32, '\xff')), 0x62A8AB43U);
    std::string rising;
    for (char c = 0; c < 32; ++c) rising += c;
    EXPECT_EQ(aha::crc32c(rising), 0x46DD794EU);
    EXPECT_EQ(aha::crc32c(""), 0U);
}

TEST(crc32c, goes_on_from_any_place) {
    const std::string_view text = "the eight-byte steps begin anywhere and end anywhere";
    for (std::size_t at = 0; at <= text.size(); ++at)
        EXPECT_EQ(aha::crc32c(text.substr(at), aha::crc32c(text.substr(0, at))), aha::crc32c(text));
}

}  // namespace
