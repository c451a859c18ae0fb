#include <aha/text/utf8.hpp>

#include <gtest/gtest.h>

#include <aha/text/byte_alphabet.hpp>
#include <aha/text/nfc.hpp>

#include "tests/text/tokenizer_support.hpp"

namespace {

using namespace aha;
using namespace std::string_literals;

// What Python's bytes.decode("utf-8", "replace") gives, with ? for U+FFFD.
TEST(utf8, replaces_maximal_subparts) {
    const auto shown = [](const std::string& text) {
        std::string result = utf8::replace_invalid(text);
        for (std::size_t at; (at = result.find(utf8::replacement)) != std::string::npos;) result.replace(at, 3, "?");
        return result;
    };
    EXPECT_EQ(shown("a\xFF" "b"), "a?b");
    EXPECT_EQ(shown("\x80\xBF"), "??");
    EXPECT_EQ(shown("\xC3"), "?");
    EXPECT_EQ(shown("\xC3(\xC3\xC3\xA9"), "?(?\u00e9");
    EXPECT_EQ(shown("\xE4\xB8"), "?");
    EXPECT_EQ(shown("\xE4\xB8" "b"), "?b");
    EXPECT_EQ(shown("\xE4\xB8\xE4\xB8\xAD"), "?\u4e2d");
    EXPECT_EQ(shown("\xF0\x9F\x98"), "?");
    EXPECT_EQ(shown("\xF0\x9F" "a"), "?a");
    EXPECT_EQ(shown("\xED\xA0\x80"), "???");      // a surrogate
    EXPECT_EQ(shown("\xC0\x80\xC1\xBF"), "????");  // overlong
    EXPECT_EQ(shown("\xE0\x80\x80"), "???");
    EXPECT_EQ(shown("\xF0\x80\x80\x80"), "????");
    EXPECT_EQ(shown("\xF4\x90\x80\x80"), "????");  // beyond U+10FFFF
    EXPECT_EQ(shown("\xF8\x88\x80\x80\x80"), "?????");
}

TEST(utf8, goes_around_for_every_character) {
    for (char32_t code = 0; code < 0x110000; ++code) {
        if (code >= 0xD800 && code < 0xE000) continue;
        const std::string text = utf8::encode(code);
        const utf8::unit back = utf8::unit_at(text, 0);
        ASSERT_TRUE(back.valid && back.code == code && back.size == text.size()) << static_cast<std::uint32_t>(code);
    }
    EXPECT_EQ(utf8::unit_at("a", 1).size, 0U);
    EXPECT_TRUE(utf8::is_valid("a\u00e9\U0010ffff"s));
    EXPECT_FALSE(utf8::is_valid("a\xE4\xB8"));
}

TEST(byte_alphabet, is_that_of_gpt2) {
    EXPECT_EQ(byte_alphabet::spell("a \n\xC3\xA9\xAD\x7F"s), "a\u0120\u010a\u00c3\u00a9\u0143\u0121");
    EXPECT_EQ(byte_alphabet::read("\u0120a"), " a");
    EXPECT_EQ(byte_alphabet::read("a b"), std::nullopt);
    EXPECT_EQ(byte_alphabet::read("\u4e2d"), std::nullopt);
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    EXPECT_EQ(byte_alphabet::read(byte_alphabet::spell(all)), all);
}

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
