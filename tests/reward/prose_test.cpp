#include <aha/reward/language_consistency.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace {

using namespace aha;

TEST(prose, has_no_code) {
    EXPECT_EQ(prose("so `x = 1` is"), "so   is");
    EXPECT_EQ(prose("a\n```python\nprint(1)\n```\nb"), "a\n \nb");
    EXPECT_EQ(prose("a ```never closed"), "a  ");
    EXPECT_EQ(prose("a ` b"), "a ` b");
    EXPECT_EQ(prose("a ` b\n\nc ` d"), "a ` b\n\nc ` d") << "not across paragraphs";
}

TEST(prose, has_no_latex) {
    EXPECT_EQ(prose("so $x = \\frac{a}{b}$ is"), "so   is");
    EXPECT_EQ(prose("so $$x\n\n= y$$ is"), "so   is");
    EXPECT_EQ(prose("so \\(x\\) and \\[y\\] is"), "so   and   is");
    EXPECT_EQ(prose("so \\frac{a}{\\text{b}}[c] d"), "so   d");
    EXPECT_EQ(prose("so \\sqrt[3]{x} d"), "so   d");
    EXPECT_EQ(prose("so \\quad d"), "so   d");
    EXPECT_EQ(prose("a \\begin{align}x &= \\text{y}\\end{align} b"), "a   b");
    EXPECT_EQ(prose("a \\begin{align*}x\\end{align*}b"), "a  b");
    EXPECT_EQ(prose("\\begin{a}\\begin{b}x\\end{b}y\\end{a}z\\begin{c}u\\end{c}v"), " z v");
    EXPECT_EQ(prose("a \\{ b \\\\ c"), "a   b   c");
    EXPECT_EQ(prose("$a\\$b$ c"), "  c");
}

TEST(prose, keeps_what_is_never_closed) {
    EXPECT_EQ(prose("so \\(x is"), "so  x is");
    EXPECT_EQ(prose("so $$x is"), "so $$x is");
    EXPECT_EQ(prose("so $x is"), "so $x is");
    EXPECT_EQ(prose("so \\boxed{x is"), "so  {x is");
    EXPECT_EQ(prose("so \\begin{align} x"), "so   x");
    EXPECT_EQ(prose("a \\"), "a  ");
    EXPECT_EQ(prose("$"), "$");
}

TEST(prose, keeps_prices) {
    EXPECT_EQ(prose("it costs $5 and $6."), "it costs $5 and $6.");
    EXPECT_EQ(prose("from $5-$6 on"), "from $5-$6 on");
    EXPECT_EQ(prose("10$ or 20 $ or"), "10$ or 20 $ or");
    EXPECT_EQ(prose("$x\n\n$"), "$x\n\n$") << "not across paragraphs";
}

TEST(prose, has_none_of_the_tags) {
    EXPECT_EQ(prose("<think>a</think> <answer>b</answer><b>"), " a   b <b>");
    EXPECT_EQ(prose(""), "");
}

TEST(prose, takes_linear_time_on_what_is_never_closed) {
    for (const std::string_view piece :
         {"\\(", "\\a{", "\\begin{a}", "\\begin{a", "\\begin{a}\\end", "$5 ", "`\n\n", "$$ \\[", "<", "{["}) {
        std::string text;
        while (text.size() < 400000) text += piece;
        EXPECT_LE(prose(text).size(), text.size() + 1);  // quadratic time would be minutes
    }
}

}  // namespace
