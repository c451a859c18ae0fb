#include <aha/reward/tag_count.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace {

using namespace aha;

static_assert(require_reward<tag_count>() && deterministic_reward<tag_count>);

double count(std::string_view text, bool prefilled = false) {
    completion given;
    given.text = text;
    return tag_count{.prefilled_think = prefilled}(prompt{}, given);
}

TEST(tag_count, gives_a_quarter_for_each_tag_that_occurs_once) {
    EXPECT_EQ(count(""), 0);
    EXPECT_EQ(count("<think>"), 0.25);
    EXPECT_EQ(count("</answer> <think>"), 0.5);
    EXPECT_EQ(count("<think> </think> <answer>"), 0.75);
    EXPECT_EQ(count("<think>a</think><answer>b</answer>"), 1);
    EXPECT_EQ(count("<think><think>a</think><answer>b</answer>"), 0.75);
    EXPECT_EQ(count("<answer>1</answer><answer>2</answer>"), 0);
}

TEST(tag_count, counts_a_prefilled_tag_as_there) {
    EXPECT_EQ(count("", true), 0.25);
    EXPECT_EQ(count("a</think><answer>b</answer>", true), 1);
    EXPECT_EQ(count("<think>a</think><answer>b</answer>", true), 0.75);
}

TEST(tag_count, reads_long_texts_in_linear_time) {
    std::string text;
    while (text.size() < 10'000'000) text += "<think>";
    EXPECT_EQ(count(text), 0);
}

}  // namespace
