#include <aha/reward/majority.hpp>

#include <gtest/gtest.h>
#include <vector>

namespace {

using answers = std::vector<std::optional<std::string>>;

TEST(majority, is_the_answer_given_most_often) {
    EXPECT_EQ(aha::majority(answers{"1", "2", "2", "3"}), "2");
    EXPECT_EQ(aha::majority(answers{"3", "1", "2", "1", "3", "3"}), "3");
    EXPECT_EQ(aha::majority(answers{"7"}), "7");
}

TEST(majority, of_equals_is_the_one_given_first) {
    EXPECT_EQ(aha::majority(answers{"9", "1", "1", "9"}), "9");
    EXPECT_EQ(aha::majority(answers{"5", "9", "1", "1", "9"}), "9");
    EXPECT_EQ(aha::majority(answers{"c", "b", "a"}), "c");
}

TEST(majority, is_voted_for_by_value) {
    EXPECT_EQ(aha::majority(answers{"1,000", "999", "1000", "999", "1000."}), "1,000");
    EXPECT_EQ(aha::majority(answers{"3", "\\frac12", "0.5", "3", "1/2"}), "\\frac12");
    EXPECT_EQ(aha::majority(answers{"7", "x = 5", "$5", "7", "5 apples"}), "x = 5");
    EXPECT_EQ(aha::majority(answers{"(2,1)", "\\sqrt2", "(2, 1)", "\\sqrt{2}", "\\left(2,1\\right)"}), "(2,1)");
    EXPECT_EQ(aha::majority(answers{"x=2", "2", "1/2", "\\frac{1}{2}", "\\sqrt{2}", ".5"}), "1/2");
}

TEST(majority, is_not_voted_for_by_samples_without_an_answer) {
    EXPECT_EQ(aha::majority(answers{std::nullopt, std::nullopt, "4", std::nullopt}), "4");
    EXPECT_EQ(aha::majority(answers{std::nullopt, std::nullopt}), std::nullopt);
    EXPECT_EQ(aha::majority(answers{}), std::nullopt);
    EXPECT_EQ(aha::majority(answers{"", "", "4"}), "");  // an empty answer is one, too
}

}  // namespace
