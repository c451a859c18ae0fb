#include <aha/reward/chain_of_thought.hpp>

#include <gtest/gtest.h>

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

}  // namespace
