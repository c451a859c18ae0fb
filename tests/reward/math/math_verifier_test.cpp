#include <aha/reward/math/math_verifier.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>
#include <iostream>
#include <string>
#include <vector>

#include <tests/reward/math/random_formula.hpp>

namespace {

using namespace aha;

TEST(math_verifier, says_whether_an_answer_is_the_reference) {
    const math_verifier right;
    EXPECT_TRUE(right("\\frac{1}{2}", "So the probability is $\\boxed{0.5}$."));
    EXPECT_TRUE(right("$[0,\\infty)$", "The final answer is $x \\ge 0$. I hope it is correct."));
    EXPECT_FALSE(right("$5\\text{ cm}$", "\\boxed{5\\text{ m}}"));
    EXPECT_FALSE(right("3", "I do not know."));
    EXPECT_TRUE(right(std::vector<std::string>{"1/3", "0.25"}, "Answer: 25%"));
    EXPECT_FALSE(right(std::vector<std::string>{}, "1"));
}

TEST(math_verifier, is_as_the_page_shows_it) {
    //! [verifier]
    const aha::math_verifier right;
    bool same = right("\\frac{1}{2}", "So the probability is $\\boxed{0.5}$.");
    std::string read = to_text(right.read("The answer is $x^2 + 1$."));
    //! [verifier]
    EXPECT_TRUE(same);
    EXPECT_EQ(read, "x^2 + 1");
}

TEST(math_verifier, agrees_with_math_verify_where_it_is_asked_to) {
    // Verdicts of math-verify 0.9.0 with latex2sympy2-extended 1.11.0: reference, answer, verdict.
    const struct {
        const char *gold, *answer;
        bool equal;
    } cases[] = {
        {"$2\\frac{1}{3}$", "2 1/3", false},
        {"$235$", "$1\\,234$", true},
        {"$(1,2)$", "$\\{1,2\\}$", true},
        {"$[1,2]$", "$\\{1,2\\}$", false},
        {"\\boxed{5\\text{ cm}}", "$5\\text{ m}$", true},
        {"$x=5$", "5", true},
        {"5", "$5=x$", false},
        {"$a+b=5$", "5", true},
        {"$1<x<2$", "$(1,2)$", true},
        {"$(1,2)$", "$1<x<2$", false},
        {"$10$", "\\boxed{10\\%}", true},
        {"$10$", "0.1", false},
        {"$\\sqrt{8}$", "2.828427", true},
        {"$\\sqrt{8}$", "2.82843", false},
        {"$\\pi$", "3.141593", true},
        {"$A$", "\\boxed{\\text{A}}", true},
        {"A", "A", false},
        {"$3$", "\\boxed{3} and \\boxed{4}", false},
        {"$\\{3,4\\}$", "\\boxed{3} and \\boxed{4}", true},
        {"4", "So \\boxed{3}\n\nThe final answer is 4", true},
        {"$1.0000004$", "1", false},
        {"$x=5$", "$2x=10$", false},
    };
    const math_verifier as_theirs{math_options::as_math_verify()};
    for (const auto& one : cases)
        EXPECT_EQ(as_theirs(one.gold, one.answer), one.equal) << one.gold << " and " << one.answer;
}

double milliseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

TEST(math_verifier, judges_random_formulas_alike_both_ways_and_in_bounded_work) {
    const math_verifier modes[] = {math_verifier{}, math_verifier{math_options::as_math_verify()}};
    test::random_formulas random{11};
    std::string last = "0";
    std::size_t read = 0;
    double worst = 0;
    std::string slowest;
    const char* const asked = std::getenv("AHA_FORMULAS");  // a million, say
    const int count = asked == nullptr ? 10'000 : std::stoi(asked);
    for (int i = 0; i < count; ++i) {
        const std::string formula = random.next(i % 3 == 0), text = i % 2 == 0 ? formula : "$" + formula + "$";
        for (const math_verifier& verifier : modes) {
            const double begin = milliseconds();
            const math::math_answer a = verifier.read(text), b = verifier.read(last);
            const bool there = verifier.same(a, b);
            if (const double took = milliseconds() - begin; took > worst) {
                worst = took;
                slowest = text + "  and  " + last;
            }
            if (&verifier == &modes[0]) ASSERT_EQ(there, verifier.same(b, a)) << text << " and " << last;
            if (a) ASSERT_TRUE(verifier.same(a, a)) << text;
            read += a.value != nullptr ? 1 : 0;
        }
        last = text;
    }
    if (asked != nullptr) std::cout << count << " formulas, the slowest " << worst << " ms: " << slowest << '\n';
    EXPECT_GT(read, static_cast<std::size_t>(count) * 14 / 10);
    EXPECT_LT(worst, 1000) << "ten times more than without optimization it takes";
}

TEST(math_verifier, refuses_options_that_make_no_sense) {
    EXPECT_THROW((math_verifier{{.budget = 0}}), error);
    EXPECT_THROW((math_verifier{{.equality = {.float_rounding = 99}}}), error);
}

}  // namespace
