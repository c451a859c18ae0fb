#include <aha/data/task_rows.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <aha/core/json.hpp>
#include <aha/data/jsonl_prompts.hpp>
#include <aha/reward/accuracy.hpp>
#include <aha/reward/oracle_answer.hpp>
#include <aha/text/chat_template.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using aha::json;
using aha::task_rows;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

aha::completion says(const std::string& text) {
    aha::completion made;
    made.text = text;
    return made;
}

aha::prompt asked(const json& fields) {
    aha::prompt made;
    made.index = 3;
    made.fields = fields;
    return made;
}

TEST(task_rows, ask_as_their_data_sets_do) {
    EXPECT_THAT(task_rows::named("gsm8k").ask({{"question", "How many?"}, {"answer", "So 3.\n#### 3"}}),
                AllOf(StartsWith("How many?\n"), HasSubstr("\\boxed{}")));
    EXPECT_THAT(task_rows::named("math").ask({{"problem", "Find $x$."}, {"solution", "$x=\\boxed{2}$"}}),
                StartsWith("Find $x$.\n"));
    EXPECT_THAT(task_rows::named("reasoning-gym").ask({{"question", "Sort."}, {"answer", "1 2"}}),
                HasSubstr("<answer>"));
    EXPECT_THAT(task_rows::named("human-eval").ask({{"prompt", "def f(x):\n    \"\"\"Square.\"\"\"\n"}}),
                HasSubstr("```python\ndef f(x):\n    \"\"\"Square.\"\"\"\n```"));
    EXPECT_THAT(task_rows::named("mbpp").ask({{"text", "Add."}, {"test_list", {"assert f(1, 2) == 3"}}}),
                AllOf(StartsWith("Add.\n"), HasSubstr("assert f(1, 2) == 3"), HasSubstr("```python")));
    EXPECT_THAT(task_rows::named("mbpp").ask({{"prompt", "Add."}, {"test_list", json::array()}}), StartsWith("Add."));
    EXPECT_THAT(task_rows::named("apps").ask({{"question", "Add two lines."}, {"starter_code", ""}}),
                HasSubstr("standard input"));
    EXPECT_THAT(task_rows::named("apps").ask({{"question", "Add."}, {"starter_code", "class Solution:"}}),
                HasSubstr("```python\nclass Solution:\n```"));
}

TEST(task_rows, take_fields_of_other_names) {
    task_rows rows = task_rows::named("gsm8k");
    rows.question = "q";
    rows.answer = "a";
    const json row = {{"q", "How many?"}, {"a", "#### 3"}};
    EXPECT_THAT(rows.ask(row), StartsWith("How many?"));
    EXPECT_EQ(rows.answer_field(row), "a");
}

TEST(task_rows, say_what_is_right_for_a_reward) {
    const json gsm8k = {{"question", "?"}, {"answer", "9 * 2 = <<9*2=18>>18\n#### 18"}},
               math = {{"problem", "?"}, {"solution", "So $x = \\boxed{\\frac12}$."}},
               math_500 = {{"problem", "?"}, {"solution", "so \\boxed{3}"}, {"answer", "3"}};
    const auto reward = [](const char* name, const json& row, const char* text) {
        const aha::accuracy right{.field = task_rows::named(name).answer_field(row),
                                  .source = aha::answer_source::math};
        return right(asked(row), says(text));
    };
    EXPECT_EQ(reward("gsm8k", gsm8k, "It is \\boxed{18}."), 1);
    EXPECT_EQ(reward("gsm8k", gsm8k, "It is \\boxed{9}."), 0);
    EXPECT_EQ(reward("math", math, "It is \\boxed{0.5}."), 1);
    EXPECT_EQ(reward("math", math, "It is \\boxed{2}."), 0);
    EXPECT_EQ(reward("math", math_500, "It is \\boxed{3}."), 1);
}

TEST(task_rows, refuse_what_makes_no_sense) {
    const auto said = [](const char* name, const json& row) {
        return aha::test::complaint([&] { task_rows::named(name).ask(row); });
    };
    EXPECT_THAT(said("gsm9k", {}), HasSubstr("\"gsm9k\"; there are gsm8k"));
    EXPECT_THAT(said("gsm8k", {{"prompt", "?"}}), HasSubstr("no field \"question\""));
    EXPECT_THAT(said("math", {{"prompt", "?"}}), HasSubstr("\"problem\" or \"question\""));
    EXPECT_THAT(said("math", {{"problem", 3}}), HasSubstr("holds 3, which is no text"));
    EXPECT_THAT(said("apps", json::array()), HasSubstr("with fields"));
    EXPECT_THAT(aha::test::complaint([] {
                    task_rows::named("mbpp").answer_field({{"code", "x"}});
                }),
                HasSubstr("code_reward"));
    EXPECT_THAT(aha::test::complaint([] {
                    task_rows::named("math").answer_field({{"code", "x"}});
                }),
                HasSubstr("\"answer\" or \"solution\""));
}

TEST(task_renderer, makes_prompts_of_a_file) {
    const aha::test::made_folder folder;
    const auto file = folder.file("gsm8k.jsonl", "{\"question\": \"How many?\", \"answer\": \"#### 3\"}\n");
    //! [tasks]
    const auto rows = aha::task_rows::named("gsm8k");
    aha::jsonl_prompts questions{file, {.shuffle = false, .epochs = 1, .render = aha::task_renderer{rows}}};
    aha::accuracy right{.field = "answer", .source = aha::answer_source::math};
    //! [tasks]
    const aha::prompt question = *questions.next();
    EXPECT_EQ(right(question, says("It is \\boxed{3}.")), 1);
    EXPECT_FALSE(questions.next().has_value());
    aha::jsonl_prompts plain{file, {.render = aha::task_renderer{task_rows::named("gsm8k")}}};
    EXPECT_THAT(plain.next()->text, StartsWith("How many?"));
    const aha::chat_template chat{
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"};
    aha::jsonl_prompts templated{file, {.render = aha::task_renderer{task_rows::named("gsm8k"), chat}}};
    const auto first = templated.next();
    EXPECT_THAT(first->text, AllOf(StartsWith("<user>How many?"), ::testing::EndsWith("<assistant>")));
    EXPECT_TRUE(first->templated);
    EXPECT_THAT(aha::test::complaint([&] {
                    aha::jsonl_prompts{file, {.render = aha::task_renderer{task_rows::named("mbpp")}}};
                }),
                AllOf(HasSubstr("gsm8k.jsonl:1: "), ::testing::Not(HasSubstr("threw"))));
}

}  // namespace
