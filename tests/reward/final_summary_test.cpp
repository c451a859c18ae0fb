#include <aha/reward/final_summary.hpp>

#include <gtest/gtest.h>

namespace {

using aha::final_summary;

TEST(final_summary, follows_the_thoughts_without_white_space_around_it) {
    EXPECT_EQ(final_summary("<think>a</think>b"), "b");
    EXPECT_EQ(final_summary("<think>a</think>\n\n b c \n"), "b c");
    EXPECT_EQ(final_summary("a</think>b"), "b");
}

TEST(final_summary, begins_where_the_first_thought_ends) {
    EXPECT_EQ(final_summary("<think>a</think>b</think>c"), "b</think>c");
    EXPECT_EQ(final_summary("x</think>y<think>a</think>b"), "b");
    EXPECT_EQ(final_summary("x</think>y<think>a</think>b", true), "y<think>a</think>b");
}

TEST(final_summary, is_nothing_without_an_end_of_thought_or_without_words_after_it) {
    EXPECT_EQ(final_summary("a"), std::nullopt);
    EXPECT_EQ(final_summary(""), std::nullopt);
    EXPECT_EQ(final_summary("<think>a"), std::nullopt);
    EXPECT_EQ(final_summary("<think>a</think>"), std::nullopt);
    EXPECT_EQ(final_summary("<think>a</think> \n\t"), std::nullopt);
}

}  // namespace
