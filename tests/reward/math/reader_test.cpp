#include <aha/reward/math/reader.hpp>

#include <gtest/gtest.h>
#include <string>

namespace {

using namespace aha::math;

std::string read(const std::string& text, bool as_math_verify = false) {
    const math_answer one = read_math(text, {.as_math_verify = as_math_verify});
    return one ? to_text(one) : "nothing";
}

TEST(reader, reads_a_text_that_is_an_answer_as_a_whole) {
    EXPECT_EQ(read("\\frac{1}{2}"), "1/2");
    EXPECT_EQ(read("x^2+1"), "x^2 + 1");
    EXPECT_EQ(read("A"), "A");
    EXPECT_EQ(read("(1, 2)"), "(1, 2)");
    EXPECT_EQ(read("no solution"), "no solution");
    EXPECT_EQ(read("2 1/3"), "7/3");
    EXPECT_EQ(read("5 cm"), "5 cm");
    EXPECT_EQ(read("\\sqrt{2}\\text{ cm}"), "2^(1/2) cm");
    EXPECT_EQ(read("60^\\circ"), "60 \u00b0");
    EXPECT_EQ(read("He has 42.\n#### 42"), "42");
    EXPECT_EQ(read("<think>7</think><answer>5</answer>"), "5");
}

TEST(reader, reads_the_answer_in_prose) {
    EXPECT_EQ(read("The answer is 42."), "42");
    EXPECT_EQ(read("the answer is 3 or 4"), "3, 4");
    EXPECT_EQ(read("The answer is (B)"), "B");
    EXPECT_EQ(read("So it takes 3.5 million years."), "3500000 year");
    EXPECT_EQ(read("about 1e5 of them"), "100000");
    EXPECT_EQ(read("I have 3 apples and 4 pears"), "4");
    EXPECT_EQ(read("first \\boxed{3} then \\boxed{}"), "3");
    EXPECT_EQ(read("a loss of $-5$ dollars"), "-5");
    EXPECT_EQ(read(""), "nothing");
}

TEST(reader, reads_as_math_verify_where_it_is_asked_to) {
    EXPECT_EQ(read("the answer is 3 or 4", true), "3");
    EXPECT_EQ(read("2 1/3", true), "1");
    EXPECT_EQ(read("$1 234$", true), "235");
    EXPECT_EQ(read("\\boxed{5\\text{ cm}}", true), "5");
    EXPECT_EQ(read("A", true), "nothing");
    EXPECT_EQ(read("$1 = \\zzz = x = 0$", true), "0") << "the last side of a chain that cannot be read";
}

TEST(reader, falls_back_as_it_is_told) {
    const math_answer kept = read_math("$\\zzz$", {.as_math_verify = true});
    EXPECT_EQ(kept.value, nullptr);
    EXPECT_EQ(kept.text, "\\zzz");
    EXPECT_FALSE(read_math("$\\zzz$", {.fallback = fallback_mode::none, .as_math_verify = true}));
    const std::string two = "$3$, but first $\\zzz$";
    EXPECT_EQ(to_text(read_math(two, {.as_math_verify = true})), "3");
    EXPECT_EQ(read_math(two, {.extraction = extraction_mode::first_match, .as_math_verify = true}).value, nullptr);
}

}  // namespace
