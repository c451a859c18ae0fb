#include <aha/text/byte_alphabet.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace {

using namespace aha;
using namespace std::string_literals;

TEST(byte_alphabet, is_that_of_gpt2) {
    EXPECT_EQ(byte_alphabet::spell("a \n\xC3\xA9\xAD\x7F"s), "a\u0120\u010a\u00c3\u00a9\u0143\u0121");
    EXPECT_EQ(byte_alphabet::read("\u0120a"), " a");
    EXPECT_EQ(byte_alphabet::read("a b"), std::nullopt);
    EXPECT_EQ(byte_alphabet::read("\u4e2d"), std::nullopt);
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    EXPECT_EQ(byte_alphabet::read(byte_alphabet::spell(all)), all);
}

}  // namespace
