#include <aha/reward/format.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace {

using namespace aha;

static_assert(require_reward<format_reward>() && deterministic_reward<format_reward>);

bool well_formed(std::string_view text, bool prefilled = false) {
    completion given;
    given.text = text;
    return format_reward{.prefilled_think = prefilled}(prompt{}, given);
}

TEST(format_reward, accepts_the_two_blocks) {
    for (const std::string_view text : {
             "<think>a</think><answer>b</answer>",
             " <think> a </think> <answer> b </answer>",
             "<think>\na\nb\n</think>\n\n<answer>\nc\n</answer>\n",
             "<think></think><answer></answer>",
             "<think>1 < 2 > <b> </ think></think>\t<answer>\u00e9\U0001F600</answer>",
         })
        EXPECT_TRUE(well_formed(text)) << text;
}

TEST(format_reward, refuses_everything_else) {
    for (const std::string_view text : {
             "",
             "12",
             "<think>a</think>",
             "<answer>b</answer>",
             "<think>a<answer>b</answer>",
             "a</think><answer>b</answer>",
             "<think>a</think><answer>b",
             "<think>a</think>b</answer>",
             "x<think>a</think><answer>b</answer>",
             "<think>a</think>x<answer>b</answer>",
             "<think>a</think><answer>b</answer>.",
             "<answer>b</answer><think>a</think>",
             "<think>a<answer>b</answer></think>",
             "<think>a<answer></think>b</answer>",
             "<think><think>a</think><answer>b</answer>",
             "<think>a</think></think><answer>b</answer>",
             "<think>a</think><answer><answer>b</answer>",
             "<think>a</think><answer>b</answer></answer>",
             "<think>a</think><answer>b</answer><think>a</think><answer>b</answer>",
             "<think>a</think>\u00a0<answer>b</answer>",
             "<Think>a</Think><Answer>b</Answer>",
             "</think><think><answer></answer>",
         })
        EXPECT_FALSE(well_formed(text)) << text;
}

TEST(format_reward, goes_on_after_a_prefilled_tag) {
    EXPECT_TRUE(well_formed(" a </think> <answer> b </answer>", true));
    EXPECT_FALSE(well_formed("<think> a </think> <answer> b </answer>", true));
    EXPECT_FALSE(well_formed(" a </think> c <answer> b </answer>", true));
    EXPECT_FALSE(well_formed(" a <answer> b </answer>", true));
}

TEST(format_reward, reads_long_texts_in_linear_time) {
    const std::string filler(10'000'000, '<');
    EXPECT_TRUE(well_formed("<think>" + filler + "</think>" + std::string(1'000'000, '\n') + "<answer>1</answer>"));
    std::string closings;
    while (closings.size() < 10'000'000) closings += "</think> ";
    EXPECT_FALSE(well_formed("<think>" + closings + "<answer>1</answer>"));
}

}  // namespace
