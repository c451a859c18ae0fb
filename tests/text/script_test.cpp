#include <aha/text/script.hpp>

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <utf8proc.h>

namespace {

using namespace aha;

// utf8proc has tables of its own, of another version of Unicode: 15 in 2.8 beside the 14 of PCRE2 10.42.
TEST(script_of, agrees_with_utf8proc_on_what_is_a_letter_or_a_mark) {
    std::size_t letters = 0, marks = 0, not_found = 0;
    for (char32_t c = 0; c < 0x110000; ++c) {
        const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
        const bool mark = category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
        const bool letter =
            (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) || category == UTF8PROC_CATEGORY_NL;
        const script found = script_of(c);
        if (found == script::common) {
            not_found += mark || letter;
            continue;
        }
        ASSERT_TRUE(found == script::mark ? mark : letter) << static_cast<std::uint32_t>(c);
        ++(mark ? marks : letters);
    }
    EXPECT_GT(letters, 130'000U);
    EXPECT_GT(marks, 2'300U);
    EXPECT_LT(not_found, 6'000U);  // Unicode 15's 4,192 new ideographs and others, letters of the script Common
}

// Rows of Unicode's Scripts.txt and DerivedGeneralCategory.txt that have not changed since Unicode 6.
TEST(script_of, is_what_unicode_says_of_whole_rows) {
    struct row {
        char32_t first, last;
        script expected;
    };
    using enum script;
    constexpr row rows[] = {
        {0x00, 0x40, common},         {0x41, 0x5A, latin},        {0x5B, 0x60, common},
        {0x61, 0x7A, latin},          {0x7B, 0xA9, common},       {0xAA, 0xAA, latin},
        {0xB5, 0xB5, common},         {0xBA, 0xBA, latin},        {0xC0, 0xD6, latin},
        {0xD7, 0xD7, common},         {0xD8, 0xF6, latin},        {0xF7, 0xF7, common},
        {0xF8, 0x2B8, latin},         {0x2B9, 0x2DF, common},     {0x2E0, 0x2E4, latin},
        {0x300, 0x36F, mark},         {0x370, 0x373, greek},      {0x38E, 0x3A1, greek},
        {0x3A3, 0x3E1, greek},        {0x3E2, 0x3EF, other},      {0x400, 0x481, cyrillic},
        {0x482, 0x482, common},       {0x483, 0x489, mark},       {0x48A, 0x523, cyrillic},
        {0x531, 0x556, other},        {0x591, 0x5BD, mark},       {0x5D0, 0x5EA, hebrew},
        {0x620, 0x63F, arabic},       {0x640, 0x640, common},     {0x641, 0x64A, arabic},
        {0x64B, 0x65F, mark},         {0x671, 0x6D3, arabic},     {0x710, 0x710, other},
        {0x904, 0x939, devanagari},   {0x93E, 0x940, mark},       {0x958, 0x961, devanagari},
        {0x966, 0x96F, common},       {0x985, 0x98C, other},      {0xE01, 0xE30, thai},
        {0xE31, 0xE31, mark},         {0xE40, 0xE46, thai},       {0xE81, 0xE82, other},
        {0x10D0, 0x10FA, other},      {0x1100, 0x11FF, hangul},   {0x13A0, 0x13F4, other},
        {0x1D00, 0x1D25, latin},      {0x1D26, 0x1D2A, greek},    {0x1D2B, 0x1D2B, cyrillic},
        {0x1E00, 0x1EFF, latin},      {0x1F00, 0x1F15, greek},    {0x20D0, 0x20F0, mark},
        {0x2126, 0x2126, greek},      {0x212A, 0x212B, latin},    {0x2160, 0x2188, latin},
        {0x2C00, 0x2C2E, other},      {0x3005, 0x3005, han},      {0x3006, 0x3006, common},
        {0x3021, 0x3029, han},        {0x3041, 0x3096, hiragana}, {0x30A1, 0x30FA, katakana},
        {0x30FC, 0x30FC, common},     {0x3105, 0x312D, other},    {0x3131, 0x318E, hangul},
        {0x3400, 0x4DB5, han},        {0x4E00, 0x9FCB, han},      {0xAC00, 0xD7A3, hangul},
        {0xD800, 0xF8FF, common},     {0xF900, 0xFA2D, han},      {0xFF21, 0xFF3A, latin},
        {0xFF66, 0xFF6F, katakana},   {0xFFA0, 0xFFBE, hangul},   {0x10400, 0x1044F, other},
        {0x1B000, 0x1B000, katakana}, {0x1D400, 0x1D454, common}, {0x1F300, 0x1F64F, common},
        {0x20000, 0x2A6D6, han},      {0xE0100, 0xE01EF, mark},   {0xF0000, 0x10FFFF, common},
    };
    for (const row& one : rows)
        for (char32_t c = one.first; c <= one.last; ++c)
            ASSERT_EQ(to_string(script_of(c)), to_string(one.expected)) << static_cast<std::uint32_t>(c);
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
    EXPECT_EQ(script_of(char32_t{0x110000}), script::common);
    EXPECT_EQ(to_string(script::common), "common");
    EXPECT_EQ(to_string(script::other), "other");
}

}  // namespace
