#include <aha/reward/math/parser.hpp>

#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace {

using namespace aha::math;

std::string read(const std::string& formula, bool as_math_verify = false) {
    const auto one = parse_formula(formula, {.as_math_verify = as_math_verify});
    return one ? to_text(*one) : "nothing";
}

TEST(parser, reads_fractions_roots_and_powers_without_braces) {
    EXPECT_EQ(read("\\frac12"), "1/2");
    EXPECT_EQ(read("\\frac1{2}"), "1/2");
    EXPECT_EQ(read("\\frac{1}2"), "1/2");
    EXPECT_EQ(read("\\frac\\pi2"), "pi*2^(-1)");
    EXPECT_EQ(read("\\sqrt3"), "3^(1/2)");
    EXPECT_EQ(read("\\sqrt[3]{2}"), "2^(1/3)");
    EXPECT_EQ(read("sqrt(2)"), "2^(1/2)");
    EXPECT_EQ(read("x^10"), "x^10");
    EXPECT_EQ(read("x^{-1}"), "x^(-1)");
    EXPECT_EQ(read("x^(n+1)"), "x^(n + 1)");
    EXPECT_EQ(read("0.1\\overline{6}"), "1/6");
}

TEST(parser, adds_mixed_numbers_and_no_other_neighbors) {
    for (const char* text : {"2\\frac13", "2 \\frac{1}{3}", "2 1/3", "2\\,\\tfrac{1}{3}"})
        EXPECT_EQ(read(text), "7/3") << text;
    EXPECT_EQ(read("-2\\frac13"), "-7/3");
    EXPECT_EQ(read("2\\frac{4}{3}"), "2*(4/3)") << "4/3 is no part of a mixed number";
    EXPECT_EQ(read("2(3)"), "2*3");
    EXPECT_EQ(read("2 3"), "nothing");
    EXPECT_EQ(read("2 3", true), "5") << "Math-Verify adds them";
    EXPECT_EQ(read("4 5/6", true), "3/2");
}

TEST(parser, multiplies_side_by_side_before_it_divides) {
    EXPECT_EQ(read("1/2x"), "1*(2*x)^(-1)");
    EXPECT_EQ(read("a/b/c"), "a*b^(-1)*c^(-1)");
    EXPECT_EQ(read("\\sin 2x \\cos y"), "sin(2*x)*cos(y)");
    EXPECT_EQ(read("\\sin^2 x"), "sin(x)^2");
    EXPECT_EQ(read("\\sin^{-1} x"), "asin(x)");
    EXPECT_EQ(read("\\log_2 8"), "log(8, 2)");
}

TEST(parser, reads_lists_tuples_intervals_and_sets) {
    EXPECT_EQ(read("1, 2 and 3"), "1, 2, 3");
    EXPECT_EQ(read("1\\text{ or }2"), "1, 2");
    EXPECT_EQ(read("(1,2)"), "(1, 2)");
    EXPECT_EQ(read("[1,2)\\cup(3,\\infty)"), "[1, 2) union (3, infinity)");
    EXPECT_EQ(read("\\{1,2\\}"), "{1, 2}");
    EXPECT_EQ(read("\\pm 2"), "2, -2");
    EXPECT_EQ(read("x = 1 \\pm \\sqrt{2}"), "x = 1 + 2^(1/2), x = 1 - 2^(1/2)");
    EXPECT_EQ(read("a \\pm b \\mp c"), "a + b - c, a - b + c");
    EXPECT_EQ(read("p=5,q=2;p=7,q=2"), "(p = 5, q = 2), (p = 7, q = 2)");
    EXPECT_EQ(read("\\{\\}"), "{}");
    EXPECT_EQ(read("\\mathbb{R}\\setminus\\{0\\}"), "R without {0}");
}

TEST(parser, reads_relations_and_chains) {
    EXPECT_EQ(read("x = 5"), "x = 5");
    EXPECT_EQ(read("a=b=c"), "a = b = c");
    EXPECT_EQ(read("x \\approx 5"), "5");
    EXPECT_EQ(read("x = 1/3 \\approx 0.33"), "x = 1/3");
    EXPECT_EQ(read("x \\ne 3"), "x != 3");
    EXPECT_EQ(read("x \\in [1,2]"), "x = [1, 2]");
}

TEST(parser, reads_matrices_sums_and_functions) {
    EXPECT_EQ(read("\\begin{pmatrix}1 & 2 \\\\ 3 & 4\\end{pmatrix}"), "[(1, 2), (3, 4)]");
    EXPECT_EQ(read("\\left[\\begin{array}{cc}1 & 2\\end{array}\\right]"), "[(1, 2)]");
    EXPECT_EQ(read("\\begin{vmatrix}1 & 2 \\\\ 3 & 4\\end{vmatrix}"), "det([(1, 2), (3, 4)])");
    EXPECT_EQ(read("\\begin{pmatrix}1 & 2 \\\\ 3\\end{pmatrix}"), "nothing") << "rows of one length";
    EXPECT_EQ(read("\\sum_{k=0}^{n} k^2"), "sum(k, k^2, 0, n)");
    EXPECT_EQ(read("\\binom52"), "binomial(5, 2)");
    EXPECT_EQ(read("{n \\choose k}"), "binomial(n, k)");
    EXPECT_EQ(read("5!"), "factorial(5)");
    EXPECT_EQ(read("|x-2|"), "abs(x - 2)");
    EXPECT_EQ(read("\\lfloor x \\rfloor"), "floor(x)");
    EXPECT_EQ(read("f(x)"), "function f(x)");
    EXPECT_EQ(read("n(n+1)"), "n*(n + 1)");
    EXPECT_EQ(read("n(n+1)", true), "n*(n + 1)");
    EXPECT_EQ(read("P(A)", true), "function P(A)");
    EXPECT_EQ(read("3,", true), "nothing");
}

TEST(parser, reads_no_formula_where_there_is_none) {
    for (const char* text : {"", "+", "(1", "1)", "\\frac{1}", "x^", "x_", "{", "\\begin{pmatrix}", "\\foo",
                             "= 3 =", "\\sqrt", "1 +", "|x", "\\{1", "2..3", "+-5"})
        EXPECT_EQ(read(text), "nothing") << text;
}

TEST(parser, goes_no_deeper_than_it_says) {
    const auto nested = [](int depth) { return std::string(depth, '(') + "1" + std::string(depth, ')'); };
    EXPECT_EQ(read(nested(5)), "1");
    EXPECT_EQ(read(nested(100'000)), "nothing");
    EXPECT_EQ(read(std::string(100'000, '-') + "1"), "nothing");
    std::string powers = "1";
    for (int i = 0; i < 50'000; ++i) powers += "^{2";
    EXPECT_EQ(read(powers), "nothing");
}

}  // namespace
