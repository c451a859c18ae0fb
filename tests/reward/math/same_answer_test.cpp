#include <aha/reward/math/same_answer.hpp>

#include <gtest/gtest.h>

namespace {

TEST(same_answer, compares_numbers_formulas_and_text) {
    EXPECT_TRUE(aha::same_answer("1/2", "0.50") && aha::same_answer("(x+1)^2", "x^2+2x+1"));
    EXPECT_TRUE(aha::same_answer("yes", "Yes.") && aha::same_answer("5 cm", "5") && aha::same_answer("x = 5", "5"));
    EXPECT_FALSE(aha::same_answer("5 cm", "5 m") || aha::same_answer("yes", "no") || aha::same_answer("1", "2"));
    EXPECT_TRUE(aha::same_answer("1e99999999999", "1e99999999999"));
    EXPECT_FALSE(aha::same_answer("1e99999999999", "1e99999999998"));
}

}  // namespace
