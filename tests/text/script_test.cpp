#include <aha/text/script.hpp>

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/regex.hpp>

namespace {

using namespace aha;

/// The characters that match a property of PCRE2, [0x110000].
std::vector<bool> with_property(const std::string& property) {
    static const std::string all = [] {
        std::string text;
        for (char32_t c = 0; c < 0x110000; ++c)
            if (c < 0xD800 || c >= 0xE000) text += utf8::encode(c);
        return text;
    }();
    std::vector<bool> has(0x110000);
    for (const auto& [begin, end] : regex{"[" + property + "]+"}.matches(all))
        for (std::size_t at = begin; at < end;) {
            const utf8::unit next = utf8::unit_at(all, at);
            has[next.code] = true;
            at += next.size;
        }
    return has;
}

// PCRE2 carries its own Unicode tables, of another version: characters that it has not assigned are left out. sc: is a
// character's script, not all scripts that it occurs in.
TEST(script_of, agrees_with_pcre2_on_every_character) {
    const std::vector<bool> unassigned = with_property("\\p{Cn}"), letters = with_property("\\p{L}\\p{Nl}"),
                            marks = with_property("\\p{M}"), common = with_property("\\p{sc:Common}");
    const std::vector<std::pair<script, std::string>> named = {
        {script::latin, "Latin"},          {script::han, "Han"},
        {script::hiragana, "Hiragana"},    {script::katakana, "Katakana"},
        {script::hangul, "Hangul"},        {script::cyrillic, "Cyrillic"},
        {script::greek, "Greek"},          {script::arabic, "Arabic"},
        {script::hebrew, "Hebrew"},        {script::thai, "Thai"},
        {script::devanagari, "Devanagari"}};
    std::vector<script> expected(0x110000, script::common);
    for (std::size_t c = 0; c < expected.size(); ++c)
        expected[c] = marks[c] ? script::mark : letters[c] && !common[c] ? script::other : script::common;
    for (const auto& [written, name] : named) {
        const std::vector<bool> has = with_property("\\p{sc:" + name + "}");
        for (std::size_t c = 0; c < has.size(); ++c)
            if (has[c] && letters[c]) expected[c] = written;
    }
    std::size_t compared = 0;
    for (char32_t c = 0; c < 0x110000; ++c) {
        if ((c >= 0xD800 && c < 0xE000) || unassigned[c]) continue;
        ++compared;
        ASSERT_EQ(to_string(script_of(c)), to_string(expected[c])) << static_cast<std::uint32_t>(c);
    }
    EXPECT_GT(compared, 140000U);
}

TEST(script_of, knows_letters_marks_and_what_is_neither) {
    EXPECT_EQ(script_of(U'a'), script::latin);
    EXPECT_EQ(script_of(U'\u00e9'), script::latin);
    EXPECT_EQ(script_of(U'\u4e2d'), script::han);
    EXPECT_EQ(script_of(U'\u3042'), script::hiragana);
    EXPECT_EQ(script_of(U'\u30ab'), script::katakana);
    EXPECT_EQ(script_of(U'\ud55c'), script::hangul);
    EXPECT_EQ(script_of(U'\u0416'), script::cyrillic);
    EXPECT_EQ(script_of(U'\u03b1'), script::greek);
    EXPECT_EQ(script_of(U'\u0e01'), script::thai);
    EXPECT_EQ(script_of(U'\u0561'), script::other);  // Armenian
    EXPECT_EQ(script_of(U'\u0301'), script::mark);
    for (const char32_t c : {U'0', U' ', U'.', U'_', U'\0', U'\u3002', U'\U0001D44E', U'\U0001F600', U'\U0010FFFF'})
        EXPECT_EQ(script_of(c), script::common) << static_cast<std::uint32_t>(c);
    EXPECT_EQ(to_string(script::common), "common");
    EXPECT_EQ(to_string(script::other), "other");
}

}  // namespace
