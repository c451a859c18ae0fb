#include <aha/reward/math/expression.hpp>

#include <gtest/gtest.h>
#include <string>

#include <aha/reward/math/parser.hpp>

namespace {

using namespace aha::math;

std::string retold(const std::string& formula) {
    const auto one = parse_formula(formula);
    return one ? to_text(*one) : "nothing";
}

TEST(expression, is_told_as_a_person_would_type_it) {
    EXPECT_EQ(retold("\\frac{1}{2}"), "1/2");
    EXPECT_EQ(retold("x^2 - 3x + \\frac{x}{2}"), "x^2 - 3*x + x*2^(-1)");
    EXPECT_EQ(retold("-(a+b)c"), "-(a + b)*c");
    EXPECT_EQ(retold("1 < x \\leq 2"), "1 < x <= 2");
    EXPECT_EQ(retold("[0, 1) \\cup \\{2\\}"), "[0, 1) union {2}");
    EXPECT_EQ(retold("(1, 2), (3, 4)"), "(1, 2), (3, 4)");
    EXPECT_EQ(retold("0.125"), "0.125");
    EXPECT_EQ(retold("-1.50"), "-1.5");
    EXPECT_EQ(retold("2.0"), "2.0");
    EXPECT_EQ(retold("50\\%"), "50%");
}

TEST(expression, folds_literal_numbers_and_nothing_else) {
    EXPECT_EQ(negated(number(3)), number(-3));
    EXPECT_EQ(quotient(number(2), number(6)), number(fraction{1, 3}));
    EXPECT_TRUE(quotient(number(2), number(0)).is(form::product)) << "a division by zero stays as it is written";
    EXPECT_TRUE(joined(form::sum, number(1), number(2)).is(form::sum));
    EXPECT_EQ(joined(form::sum, joined(form::sum, number(1), number(2)), number(3)).parts.size(), 3U);
}

TEST(expression, names_its_symbols) {
    const auto one = parse_formula("x_1 + \\alpha x + f(y) + \\pi");
    ASSERT_TRUE(one);
    EXPECT_EQ(symbols_of(*one), (std::set<std::string>{"x_1", "alpha", "x", "y"}));
}

}  // namespace
