#include <aha/files/utf8.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <string>

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
    EXPECT_EQ(shown("a\xFF"
                    "b"),
              "a?b");
    EXPECT_EQ(shown("\x80\xBF"), "??");
    EXPECT_EQ(shown("\xC3"), "?");
    EXPECT_EQ(shown("\xC3(\xC3\xC3\xA9"), "?(?\u00e9");
    EXPECT_EQ(shown("\xE4\xB8"), "?");
    EXPECT_EQ(shown("\xE4\xB8"
                    "b"),
              "?b");
    EXPECT_EQ(shown("\xE4\xB8\xE4\xB8\xAD"), "?\u4e2d");
    EXPECT_EQ(shown("\xF0\x9F\x98"), "?");
    EXPECT_EQ(shown("\xF0\x9F"
                    "a"),
              "?a");
    EXPECT_EQ(shown("\xED\xA0\x80"), "???");       // a surrogate
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

}  // namespace
