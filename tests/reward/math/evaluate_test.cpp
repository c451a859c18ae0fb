#include <aha/reward/math/evaluate.hpp>

#include <gtest/gtest.h>
#include <string>

#include <aha/reward/math/parser.hpp>

namespace {

using namespace aha::math;

std::optional<approximate> value(const std::string& formula, std::uint64_t seed = 0, std::int64_t units = 10'000) {
    work_budget budget{units};
    const auto one = parse_formula(formula);
    EXPECT_TRUE(one) << formula;
    return one ? evaluate(*one, {.seed = seed}, budget) : std::nullopt;
}

bool same(const std::string& a, const std::string& b, std::uint64_t seed = 3) {
    const auto x = value(a, seed), y = value(b, seed);
    return x && y && same_number(*x, *y);
}

TEST(evaluate, gives_each_symbol_a_value_of_its_own) {
    EXPECT_TRUE(same("x", "x"));
    EXPECT_FALSE(same("x", "y") || same("x_1", "x_2"));
    EXPECT_FALSE(same_number(*value("x", 1), *value("x", 2)));
    EXPECT_GT(value("x", 0)->re, 0) << "all are positive at the point 0";
    EXPECT_TRUE(same("x^2 + 2x + 1", "(x+1)^2"));
    EXPECT_TRUE(same("\\sqrt{x^2}", "|x|"));
    EXPECT_TRUE(same("\\cos(x+y)", "\\cos x\\cos y - \\sin x\\sin y"));
}

TEST(evaluate, knows_constants_and_the_imaginary_unit) {
    EXPECT_TRUE(same("e^{i\\pi} + 1", "0"));
    EXPECT_TRUE(same("(1+i)^2", "2i"));
    EXPECT_TRUE(same("\\sin 30^\\circ", "1/2"));
    EXPECT_TRUE(same("\\Gamma(1/2)", "\\sqrt{\\pi}"));
    EXPECT_TRUE(same("4\\arctan 1", "\\pi"));
    EXPECT_TRUE(same("\\log_2 10", "\\frac{\\ln 10}{\\ln 2}"));
}

TEST(evaluate, gives_what_it_cannot_calculate_a_value_by_its_parts) {
    EXPECT_TRUE(same("f(x+1)", "f(1+x)"));
    EXPECT_FALSE(same("f(x)", "f(x+1)") || same("f(x)", "g(x)"));
    EXPECT_TRUE(same("\\sum_{k=0}^{n} a_1 k", "\\sum_{k=0}^{n} k a_1"));
    EXPECT_TRUE(same("\\sum_{k=0}^{n} k", "\\sum_{j=0}^{n} j")) << "the name of what is counted does not matter";
    EXPECT_FALSE(same("\\sum_{k=0}^{n} k", "\\sum_{k=1}^{n} k"));
    EXPECT_FALSE(same("\\lim_{x \\to 0} \\frac{1}{x}", "\\lim_{x \\to 1} \\frac{1}{x}"));
}

TEST(evaluate, has_no_value_where_there_is_none_or_the_budget_ends) {
    for (const char* text : {"1/0", "\\frac{x}{x-x}", "\\infty", "\\{1,2\\}", "\\ln 0", "10^{10^{10}}"})
        EXPECT_FALSE(value(text)) << text;
    EXPECT_TRUE(value("\\prod_{k=1}^{50} \\sin k"));
    EXPECT_FALSE(value("\\prod_{k=1}^{50} \\sin k", 0, 1000));
}

TEST(evaluate, calculates_with_matrices) {
    work_budget budget;
    const auto of = [&](const char* text) { return evaluate_matrix(*parse_formula(text), {}, budget); };
    const auto product =
        of("\\begin{pmatrix}1 & 2 \\\\ 3 & 4\\end{pmatrix}\\begin{pmatrix}0 & 1 \\\\ 1 & 0\\end{pmatrix}");
    ASSERT_TRUE(product);
    EXPECT_TRUE(same_number((*product)[0][0], exactly(2)) && same_number((*product)[1][0], exactly(4)));
    EXPECT_TRUE(same("\\begin{vmatrix}1 & 2 \\\\ 3 & 4\\end{vmatrix}", "-2"));
    EXPECT_FALSE(of("\\begin{pmatrix}1 & 2\\end{pmatrix} + \\begin{pmatrix}1 \\\\ 2\\end{pmatrix}"));
}

}  // namespace
