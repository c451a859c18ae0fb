#include <aha/reward/math/equality.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <aha/reward/math/parser.hpp>

namespace {

using namespace aha::math;

/// Whether two formulas are equal; that it is so both ways is checked.
bool equal(const std::string& a, const std::string& b, equality_options options = {}) {
    const auto x = parse_formula(a), y = parse_formula(b);
    EXPECT_TRUE(x) << a;
    EXPECT_TRUE(y) << b;
    if (!x || !y) return false;
    work_budget there, back;
    const bool same = same_value(*x, *y, options, there);
    EXPECT_EQ(same, same_value(*y, *x, options, back)) << a << " and " << b;
    return same;
}

/// Whether Math-Verify's rules call them equal, the first the reference.
bool verified(const std::string& gold, const std::string& given, equality_options options = {}) {
    options.as_math_verify = true;
    const auto x = parse_formula(gold, {.as_math_verify = true}), y = parse_formula(given, {.as_math_verify = true});
    work_budget budget;
    return x && y && same_value(*x, *y, options, budget);
}

TEST(equality, of_rational_numbers_is_exact) {
    EXPECT_TRUE(equal("1/2", "\\frac{2}{4}") && equal("0.5", "1/2") && equal("2^{10}", "1024"));
    EXPECT_FALSE(equal("\\frac{1}{200!}", "\\frac{1}{202!}") || equal("2^{99}", "2^{99}+1"));
    EXPECT_FALSE(equal("10^{-30}", "0") || equal("e^{-100}", "e^{-101}"));
}

TEST(equality, rounds_a_number_with_a_decimal_point) {
    EXPECT_TRUE(equal("0.333333", "1/3") && equal("2.828427", "\\sqrt{8}") && equal("3.141593", "\\pi"));
    EXPECT_FALSE(equal("0.33333", "1/3") || equal("2.82843", "\\sqrt{8}") || equal("1.0000004", "1"));
    EXPECT_TRUE(equal("0.333", "1/3", {.float_rounding = 3}));
    EXPECT_FALSE(equal("0.0000001", "0.0000002")) << "small numbers in three digits";
    EXPECT_TRUE(verified("0.0000001", "0.0000002")) << "Math-Verify in six places";
}

TEST(equality, of_algebraic_and_other_constants_is_by_value) {
    EXPECT_TRUE(equal("\\sqrt{8}", "2\\sqrt{2}") && equal("\\frac{1}{\\sqrt{3}}", "\\frac{\\sqrt{3}}{3}"));
    EXPECT_TRUE(equal("\\sqrt{3+2\\sqrt{2}}", "1+\\sqrt{2}") && equal("e^{i\\pi}", "-1"));
    EXPECT_FALSE(equal("\\sqrt{2}+\\sqrt{3}", "\\sqrt{10}") || equal("\\pi", "\\frac{355}{113}"));
}

TEST(equality, of_expressions_holds_at_every_point) {
    EXPECT_TRUE(equal("(x+1)(x-1)", "x^2-1") && equal("\\sin^2 x + \\cos^2 x", "1") &&
                equal("\\frac{x^2-1}{x-1}", "x+1"));
    EXPECT_FALSE(equal("\\sqrt{x^2}", "x") || equal("x^2", "x^3") || equal("\\ln(ab)", "\\ln a + \\ln b"));
    EXPECT_FALSE(equal("x+1", "y+1"));
    EXPECT_TRUE(equal("x+1", "y+1", {.strict = false}));
    EXPECT_FALSE(equal("2R", "2r"));
}

TEST(equality, of_a_percentage_is_also_with_the_bare_number) {
    EXPECT_TRUE(equal("50\\%", "0.5") && equal("50\\%", "1/2") && equal("50\\%", "50") && equal("12.5\\%", "12.5"));
    EXPECT_FALSE(equal("50", "0.5") || equal("50\\%", "5") || equal("0.5\\%", "0.5"));
}

TEST(equality, of_assignments_is_that_of_what_is_assigned) {
    EXPECT_TRUE(equal("x = 5", "5") && equal("5 = x", "5") && equal("f(x) = x^2", "x^2") &&
                equal("(p,q) = (3,2)", "(3,2)"));
    EXPECT_TRUE(equal("x = 2+3 = 5", "x = 5") && equal("AB = 4, CD = 5", "4, 5"));
    EXPECT_FALSE(equal("x = 5", "y = 5") || equal("2x + z = 1", "1") || equal("5 = 11a + c", "11a + c"));
    EXPECT_FALSE(verified("5 = x", "5"));
}

TEST(equality, of_relations_is_of_what_they_allow) {
    EXPECT_TRUE(equal("2x+4y-3=0", "y=-\\frac{1}{2}x+\\frac{3}{4}") && equal("x^2/4+y^2/3=1", "3x^2+4y^2=12"));
    EXPECT_TRUE(equal("x < 1", "-x > -1") && equal("x \\leq 5", "5 \\geq x") && equal("2x > 10", "x > 5"));
    EXPECT_TRUE(equal("1 < x < 2", "2 > x > 1") && equal("x \\neq 3", "3 \\neq x"));
    EXPECT_FALSE(equal("x < 1", "x > 1") || equal("x < 1", "x \\leq 1") || equal("x = 1", "x \\neq 1"));
    EXPECT_FALSE(equal("x^2 = 4", "x = 2"));
}

TEST(equality, of_sets_is_by_their_elements) {
    EXPECT_TRUE(equal("\\{1,2\\}", "\\{2,1\\}") && equal("1, 2", "2, 1") && equal("\\{1,2\\}", "2,1"));
    EXPECT_TRUE(equal("\\{1,1,2\\}", "\\{1,2\\}") && equal("\\{\\frac12,2\\}", "\\{2.0,0.5\\}"));
    EXPECT_FALSE(equal("\\{1,2\\}", "\\{1,3\\}") || equal("\\{1,2\\}", "\\{1,2,3\\}") || equal("5", "\\{5\\}"));
    EXPECT_TRUE(equal("(1,2)", "(1,2)") && equal("(1,2)", "1,2"));
    EXPECT_FALSE(equal("(1,2)", "(2,1)") || equal("(1,2)", "2,1") || equal("[1,2]", "(1,2)"));
    EXPECT_FALSE(equal("(1,2)", "\\{1,2\\}") || equal("[1,2]", "\\{1,2\\}") || equal("(1,2,3)", "\\{1,2,3\\}"));
    EXPECT_TRUE(verified("(1,2)", "\\{1,2\\}") && verified("\\{1,2\\}", "(1,2)") && verified("(1,2,3)", "\\{1,2,3\\}"));
    EXPECT_FALSE(verified("(3,1)", "\\{1,3\\}"));
}

TEST(equality, of_intervals_knows_their_ends_and_unions) {
    EXPECT_TRUE(equal("[1,2)\\cup(3,4]", "(3,4]\\cup[1,2)") && equal("[1,2]\\cup[2,3]", "[1,3]"));
    EXPECT_TRUE(equal("[-1,0)\\cup(0,1]", "[-1,1]\\setminus\\{0\\}") && equal("(-\\infty,\\infty)", "\\mathbb{R}"));
    EXPECT_FALSE(equal("(1,2)\\cup(2,3)", "(1,3)") || equal("[1,2)", "[1,2]") || equal("\\{\\infty\\}", "\\emptyset"));
    EXPECT_TRUE(equal("1<x<2", "(1,2)") && equal("x \\geq 5", "[5,\\infty)") &&
                equal("x \\neq 3", "(-\\infty,3)\\cup(3,\\infty)"));
    EXPECT_TRUE(equal("1\\leq|z|\\leq\\frac32", "[-\\frac32,-1]\\cup[1,\\frac32]") &&
                equal("x \\in [-2,7]", "-2 \\le x \\le 7"));
    EXPECT_FALSE(equal("1<x<2", "[1,2]") || equal("1<x<2", "\\{1,2\\}") || equal("x^2<4", "(-2,3)"));
    EXPECT_TRUE(verified("1<x<2", "(1,2)") && verified("(1,2)", "1<x<2", {.allow_set_relation_comp = true}));
    EXPECT_FALSE(verified("(1,2)", "1<x<2")) << "Math-Verify has an order";
}

TEST(equality, of_matrices_is_by_their_elements) {
    EXPECT_TRUE(equal("\\begin{pmatrix}\\frac12 & x\\end{pmatrix}", "\\begin{bmatrix}0.5 & x\\end{bmatrix}"));
    EXPECT_TRUE(equal("\\begin{pmatrix}1 \\\\ 2\\end{pmatrix} + \\begin{pmatrix}3 \\\\ 4\\end{pmatrix}",
                      "2\\begin{pmatrix}2 \\\\ 3\\end{pmatrix}"));
    EXPECT_FALSE(equal("\\begin{pmatrix}1 & 2\\end{pmatrix}", "\\begin{pmatrix}1 \\\\ 2\\end{pmatrix}"));
}

TEST(equality, of_words_is_by_their_letters) {
    EXPECT_TRUE(equal("\\text{Even}", "Even") && equal("\\text{even}", "\\text{Even}"));
    EXPECT_FALSE(equal("\\text{even}", "\\text{odd}") || equal("\\text{A}", "\\text{B}"));
}

TEST(equality, refuses_options_that_make_no_sense) {
    work_budget budget;
    EXPECT_THROW(same_value(number(1), number(1), {.float_rounding = -1}, budget), aha::error);
    EXPECT_THROW(same_value(number(1), number(1), {.numeric_precision = 0}, budget), aha::error);
}

}  // namespace
