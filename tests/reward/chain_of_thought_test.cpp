#include <aha/reward/chain_of_thought.hpp>

#include <gtest/gtest.h>
#include <optional>

namespace {

using namespace aha;

TEST(chain_of_thought, stands_between_the_tags) {
    EXPECT_EQ(chain_of_thought("a<think>b</think>c"), "b");
    EXPECT_EQ(chain_of_thought("<think></think>c"), "");
    EXPECT_EQ(chain_of_thought("<think>a</think><think>b</think>"), "a");
}

TEST(chain_of_thought, goes_on_to_the_end_if_it_is_not_closed) { EXPECT_EQ(chain_of_thought("a<think>b"), "b"); }

TEST(chain_of_thought, begins_at_the_beginning_without_a_tag_or_after_a_prefilled_one) {
    EXPECT_EQ(chain_of_thought("b</think>c"), "b");
    EXPECT_EQ(chain_of_thought("b"), "b");
    EXPECT_EQ(chain_of_thought("b<think>c</think>d", true), "b<think>c");
    EXPECT_EQ(chain_of_thought("</think>b<think>c"), "c");
    EXPECT_EQ(chain_of_thought("</think>b<think>c", true), "");
}

TEST(judged_part, is_the_chain_or_everything) {
    EXPECT_EQ(judged_part{}("a<think>b</think>c"), "b");
    EXPECT_EQ((judged_part{.prefilled_think = true}("b</think><think>c")), "b");
    EXPECT_EQ((judged_part{.whole_text = true}("a<think>b</think>c")), "a<think>b</think>c");
}

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
