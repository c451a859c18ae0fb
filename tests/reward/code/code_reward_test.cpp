#include <aha/reward/code/code_reward.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>

#include <aha/concepts/reward.hpp>
#include <tests/support/complaint.hpp>

namespace {

using ::testing::HasSubstr;

aha::prompt asked() {
    aha::prompt made;
    made.index = 7;
    made.fields = {{"tests", {{{"input", "1"}, {"output", "2"}}, {{"input", "2"}, {"output", "4"}}}}};
    return made;
}

aha::completion says(const std::string& text) {
    aha::completion made;
    made.text = text;
    return made;
}

TEST(code_reward, is_one_where_all_tests_pass) {
    static_assert(aha::require_reward<aha::code_reward>());
    const aha::code_reward reward;
    EXPECT_EQ(reward(asked(), says("So:\n```python\nprint(2 * int(input()))\n```")), 1);
    EXPECT_EQ(reward(asked(), says("```python\nprint(1 + int(input()))\n```")), 0);
    EXPECT_EQ(reward(asked(), says("print(2 * int(input()))")), 0);
    const auto judged = reward.judge(asked(), says("```python\nprint(1 + int(input()))\n```"));
    ASSERT_TRUE(judged.has_value());
    EXPECT_EQ(judged->failing_test, 1U);
    EXPECT_FALSE(reward.judge(asked(), says("I do not know.")).has_value());
}

TEST(code_reward, is_as_the_page_shows_it) {
    aha::prompt task;
    aha::completion answer;
    task.fields = {{"tests", {{{"input", "3 4"}, {"output", "7"}}, {{"input", "5 -5"}, {"output", "0"}}}}};
    answer.text = "Read two numbers and add them:\n```python\na, b = input().split()\nprint(a + b)\n```\n";
    //! [reward]
    const aha::code_reward reward{{.run = {.limits = {.seconds = 5}, .all_tests = true}, .partial = true}};
    const double share = reward(task, answer);  // of the tests that pass
    const std::optional<aha::code::verdict> said = reward.judge(task, answer);
    std::string why = said ? std::string{to_string(said->result)} + ": " + said->reason : "no program";
    //! [reward]
    EXPECT_EQ(share, 0);
    EXPECT_EQ(why, "wrong answer: it wrote 34");
}

TEST(code_reward, gives_partial_credit) {
    const aha::code_reward reward{{.run = {.all_tests = true}, .partial = true}};
    EXPECT_EQ(reward(asked(), says("```python\nprint(1 + int(input()))\n```")), 0.5);
    EXPECT_EQ(reward(asked(), says("```python\nprint(2 * int(input()))\n```")), 1);
    EXPECT_EQ(reward(asked(), says("no")), 0);
    EXPECT_THAT(aha::test::complaint([] { aha::code_reward{{.partial = true}}; }), HasSubstr("all_tests"));
}

TEST(code_reward, names_the_prompt_without_tests) {
    aha::prompt without = asked();
    without.fields = {{"answer", "2"}};
    const aha::code_reward reward;
    EXPECT_THAT(aha::test::complaint([&] { reward(without, says("no program")); }), HasSubstr("prompt 7: "));
}

}  // namespace
