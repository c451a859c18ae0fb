#include <aha/reward/answer_tag.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using aha::answer_tag;

TEST(answer_tag, gives_the_content_of_the_last_closed_tag) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"<answer>12</answer>", "12"},
        {"<think>a</think>\n<answer>\n 12\t</answer>\n", "12"},
        {"<answer>1</answer><answer>2</answer>", "2"},
        {"<answer>1</answer> <answer>2", "1"},
        {"<answer><answer>2</answer></answer>", "2"},
        {"<answer>5</answer></answer>", "5"},
        {"<answer></answer>", ""},
        {"<answer>\u00e9 \U0001F600</answer>", "\u00e9 \U0001F600"},
    };
    for (const auto& [text, content] : cases) EXPECT_EQ(answer_tag(text), content) << text;
}

TEST(answer_tag, gives_nothing_without_a_closed_tag) {
    for (const std::string_view text :
         {"", "12", "<answer>12", "12</answer>", "</answer><answer>", "<Answer>1</Answer>", "<answer>1</ answer>"})
        EXPECT_EQ(answer_tag(text), std::nullopt) << text;
}

TEST(answer_tag, reads_long_texts_in_linear_time) {
    std::string open, closed;
    while (open.size() < 10'000'000) open += "<answer>", closed += "</answer>";
    EXPECT_EQ(answer_tag(open), std::nullopt);
    EXPECT_EQ(answer_tag(closed), std::nullopt);
    EXPECT_EQ(answer_tag(open + closed), "");
}

}  // namespace
