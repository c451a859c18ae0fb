#include <aha/text/r1_template.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <tests/support/complaint.hpp>

namespace {

using namespace aha;

// Table 1 of arXiv:2501.12948, with "prompt" for the red word.
const std::string table_1 =
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant "
    "first thinks about the reasoning process in the mind and then provides the user with the answer. The reasoning "
    "process and answer are enclosed within <think> </think> and <answer> </answer> tags, respectively, i.e., <think> "
    "reasoning process here </think> <answer> answer here </answer>. User: prompt. Assistant:";

TEST(r1_template, is_the_papers_table_1) { EXPECT_EQ(r1_template{}("prompt"), table_1); }

TEST(r1_template, a_question_mark_is_not_followed_by_a_full_stop) {
    EXPECT_TRUE(r1_template{}("What is 3 + 4?").ends_with("</answer>. User: What is 3 + 4? Assistant:"));
    EXPECT_TRUE(r1_template{}("").ends_with(" User:  Assistant:"));
}

TEST(r1_template, worked_examples_stand_between_instruction_and_question) {
    const r1_template one{{.instruction = "Answer.", .examples = {{"2 + 2?", "Two and two.", "4"}}}};
    EXPECT_EQ(
        one("3 + 4?"),
        "Answer. User: 2 + 2? Assistant: <think> Two and two. </think> <answer> 4 </answer> User: 3 + 4? Assistant:");
    const r1_template lines{{.instruction = "",
                             .user = "Q:",
                             .assistant = "A:",
                             .separator = "\n",
                             .prefill = "<think>",
                             .examples = {{"a?", "b", "c"}, {"d", "e", "f"}}}};
    EXPECT_EQ(lines("g"),
              "Q: a?\nA: <think> b </think> <answer> c </answer>\nQ: d.\nA: <think> e </think> <answer> f "
              "</answer>\nQ: g.\nA: <think>");
}

TEST(r1_template, suggests_where_to_stop) { EXPECT_EQ(r1_template{}.stop_string(), "</answer>"); }

TEST(r1_template, refuses_options_that_make_no_sense) {
    const auto message = [](const r1_template_options& options) -> std::string {
        return aha::test::complaint([&] { r1_template{options}; });
    };
    EXPECT_THAT(message({.user = ""}), testing::HasSubstr("user must not be empty"));
    EXPECT_THAT(message({.assistant = ""}), testing::HasSubstr("assistant must not be empty"));
    EXPECT_THAT(message({.examples = {{"", "", "42"}}}), testing::HasSubstr("42"));
    EXPECT_THAT(message({.examples = {{"one?", "<think> two", "3"}}}), testing::HasSubstr("one?\" contains <think>"));
    EXPECT_EQ(message({.examples = {{"one?", "two", "3"}}}), "no complaint");
}

}  // namespace
