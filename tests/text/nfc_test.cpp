#include <aha/text/nfc.hpp>

#include <gtest/gtest.h>
#include <string>

#include "tests/text/tokenizer_support.hpp"

namespace {

using namespace aha;

TEST(nfc, is_pythons) {
    const auto cases = tokenizer_support::read("nfc.json");
    ASSERT_GE(cases.size(), 80U);
    for (const auto& c : cases) EXPECT_EQ(to_nfc(c[0].get<std::string>()), c[1].get<std::string>());
    EXPECT_EQ(to_nfc("e\u0301"), "\u00e9");
    EXPECT_EQ(to_nfc("\u0301e"), "\u0301e");
    EXPECT_EQ(to_nfc("e\u0305\u0301"), "e\u0305\u0301");  // a mark of the same class stands between
    EXPECT_EQ(to_nfc("plain \u00e9"), "plain \u00e9");
}

}  // namespace
