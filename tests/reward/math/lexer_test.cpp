#include <aha/reward/math/lexer.hpp>

#include <gtest/gtest.h>
#include <string>

namespace {

using namespace aha::math;

std::string tokens(const std::string& formula, bool as_math_verify = false) {
    std::string all;
    for (const token& one : tokens_of(formula, {.as_math_verify = as_math_verify}))
        if (one.kind != token_kind::end) all += (all.empty() ? "" : "|") + one.text;
    return all;
}

TEST(lexer, leaves_out_what_concerns_looks) {
    EXPECT_EQ(tokens("\\left( \\dfrac{1}{2} \\right)"), "(|frac|{|1|}|{|2|}|)");
    EXPECT_EQ(tokens("$\\displaystyle x\\,+\\;y$"), "x|+|y");
    EXPECT_EQ(tokens("\\bigl[ a \\bigr]"), "[|a|]");
    EXPECT_EQ(tokens("\\\\frac{1}{2}"), "frac|{|1|}|{|2|}") << "a doubled backslash";
    EXPECT_EQ(tokens("\\quadx"), "x");
}

TEST(lexer, reads_thousands_in_every_spelling) {
    for (const char* text : {"1,234,567", "1{,}234{,}567", "1\\,234\\,567", "1 234 567", "1\\ 234\\ 567", "1'234'567",
                             "1,\\!234,\\!567", "1\u202f234\u202f567", "1~234~567"})
        EXPECT_EQ(tokens(text), "1234567") << text;
    EXPECT_EQ(tokens("1,23"), "1|,|23");
    EXPECT_EQ(tokens("1, 234"), "1|,|234");
    EXPECT_EQ(tokens("(1,234)"), "(|1|,|234|)");
    EXPECT_EQ(tokens("1,234,56"), "1|,|234|,|56");
    EXPECT_EQ(tokens("1 2345"), "1|2345");
    EXPECT_EQ(tokens("1 234", true), "1|234") << "Math-Verify knows no spaces between thousands";
    EXPECT_EQ(tokens("1,234 + 1", true), "1|,|234|+|1");
    EXPECT_EQ(tokens("0,111", true), "0.111");
}

TEST(lexer, reads_words_signs_and_characters) {
    EXPECT_EQ(tokens("x \u2264 5\u00b2"), "x|l|5|^|2");
    EXPECT_EQ(tokens("\\text{ two  words }"), "two words");
    EXPECT_EQ(tokens("5 \\text{percent}"), "5|%");
    EXPECT_EQ(tokens("a >= b != c <= d == e"), "a|g|b|#|c|l|d|=|e");
    EXPECT_EQ(tokens("2**3"), "2|^|3");
    EXPECT_EQ(tokens("\\mathbb{R}"), "set:R");
    EXPECT_EQ(tokens("\xff\xfe"), "\xff\xfe") << "bytes that are no UTF-8 are words";
}

}  // namespace
