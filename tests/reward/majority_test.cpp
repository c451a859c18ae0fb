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

TEST(majority, is_not_voted_for_by_samples_without_an_answer) {
    EXPECT_EQ(aha::majority(answers{std::nullopt, std::nullopt, "4", std::nullopt}), "4");
    EXPECT_EQ(aha::majority(answers{std::nullopt, std::nullopt}), std::nullopt);
    EXPECT_EQ(aha::majority(answers{}), std::nullopt);
    EXPECT_EQ(aha::majority(answers{"", "", "4"}), "");  // an empty answer is one, too
}

}  // namespace
