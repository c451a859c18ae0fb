#include <aha/reward/math/exact_value.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <string>

#include <aha/reward/math/parser.hpp>

namespace {

using namespace aha::math;

std::optional<fraction> value(const std::string& formula, std::int64_t units = 100'000) {
    work_budget budget{units};
    const auto one = parse_formula(formula);
    EXPECT_TRUE(one) << formula;
    return one ? exact_value(*one, budget) : std::nullopt;
}

TEST(exact_value, is_that_of_arithmetic) {
    EXPECT_EQ(value("1/2 + 1/3"), (fraction{5, 6}));
    EXPECT_EQ(value("2^{10} - 24"), fraction{1000});
    EXPECT_EQ(value("(-2)^{-3}"), (fraction{-1, 8}));
    EXPECT_EQ(value("(-\\frac{2}{3})^{-1}"), (fraction{-3, 2}));
    EXPECT_EQ(value("\\sqrt{\\frac{9}{4}}"), (fraction{3, 2}));
    EXPECT_EQ(value("27^{2/3}"), fraction{9});
    EXPECT_EQ(value("10!"), fraction{3628800});
    EXPECT_EQ(value("\\binom{10}{3}"), fraction{120});
    EXPECT_EQ(value("\\sum_{k=1}^{100} k"), fraction{5050});
    EXPECT_EQ(value("\\sum_{i=1}^{4} i^2"), fraction{30}) << "i is counted there";
    EXPECT_EQ(value("\\prod_{k=1}^{5} k"), fraction{120});
    EXPECT_EQ(value("\\lfloor -7/2 \\rfloor"), fraction{-4});
    EXPECT_EQ(value("\\lceil -7/2 \\rceil"), fraction{-3});
    EXPECT_EQ(value("17 \\bmod 5"), fraction{2});
    EXPECT_EQ(value("\\gcd(12, 18)"), fraction{6});
    EXPECT_EQ(value("15\\%"), (fraction{3, 20}));
}

TEST(exact_value, is_none_of_what_is_not_rational) {
    for (const char* text : {"\\sqrt{2}", "\\pi", "x", "1/0", "0^{-1}", "(-8)^{1/3}", "\\sin 0", "(1/2)!", "(-1)!"})
        EXPECT_EQ(value(text), std::nullopt) << text;
}

TEST(exact_value, costs_no_more_than_its_budget) {
    for (const char* text :
         {"10^{10^{10}}", "999999999999!", "\\sum_{k=1}^{1000000000} k", "2^{99999999}", "\\binom{1000000}{500000}"})
        EXPECT_EQ(value(text), std::nullopt) << text;
    EXPECT_EQ(value("\\sum_{k=1}^{100} k", 50), std::nullopt);
}

TEST(exact_root, is_found_for_powers_alone) {
    EXPECT_EQ(exact_root(whole{"1000000000000000000000000000000"}, 3), whole{"10000000000"});
    EXPECT_EQ(exact_root(whole{"1000000000000000000000000000001"}, 3), std::nullopt);
    EXPECT_EQ(exact_root(whole{144}, 2), whole{12});
    EXPECT_EQ(exact_root(whole{145}, 2), std::nullopt);
}

}  // namespace
