#include <aha/reward/judge/reference_judge.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/reward.hpp>
#include <aha/reward/combine.hpp>
#include <aha/reward/judge/cached_judge.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

aha::prompt asked(aha::json answer = "Paris") {
    aha::prompt made;
    made.index = 7;
    made.text = "What is the capital of France?";
    made.fields["answer"] = std::move(answer);
    return made;
}

aha::completion says(const std::string& text) {
    aha::completion made;
    made.text = text;
    return made;
}

/// A judge that says what stands between its texts.
auto saying(std::string reply) {
    return [reply = std::move(reply)](std::span<const aha::message>) { return reply; };
}

/// A judge that remembers what it was asked.
struct listening {
    std::string* heard;
    std::string operator()(std::span<const aha::message> messages) const {
        *heard = messages.back().content;
        return R"({"analysis": "", "correctness": "correct"})";
    }
};

TEST(reference_judge, gives_1_or_0) {
    const aha::reference_judge right{saying(R"({"analysis": "Yes.", "correctness": "correct"})")};
    static_assert(aha::require_reward<decltype(right)>());
    EXPECT_EQ(right(asked(), says("Paris, of course.")).value, 1);
    EXPECT_TRUE(right(asked(), says("Paris, of course.")).applicable);
    const aha::reference_judge wrong{saying(R"({"analysis": "No.", "correctness": "incorrect"})")};
    EXPECT_EQ(wrong(asked(), says("Lyon")).value, 0);
    EXPECT_TRUE(wrong(asked(), says("Lyon")).applicable);
    EXPECT_EQ(wrong.judge("q", "r", "a")->analysis, "No.");
}

TEST(reference_judge, is_not_applicable_where_the_verdict_cannot_be_read) {
    const aha::reference_judge unsure{saying("I would say it is correct.")};
    const aha::score none = unsure(asked(), says("Paris"));
    EXPECT_FALSE(none.applicable);
    EXPECT_THAT(none.parts, ElementsAre(Pair("unreadable", 1)));
    const aha::reference_judge sure{saying(R"({"correctness": "correct"})")};
    EXPECT_THAT(sure(asked(), says("Paris")).parts, ElementsAre(Pair("unreadable", 0)));
}

TEST(reference_judge, counts_unreadable_verdicts_inside_a_sum_too) {
    const auto one = [](const aha::prompt&, const aha::completion&) { return 1.0; };
    const auto sum =
        aha::sum_rewards(aha::named("format", one), aha::named("judge", aha::reference_judge{saying("Hm.")}));
    const aha::score given = sum(asked(), says("Paris"));
    EXPECT_TRUE(given.applicable);
    EXPECT_EQ(given.value, 1);
    EXPECT_THAT(given.parts, ElementsAre(Pair("format", 1), Pair("judge/unreadable", 1)));
}

TEST(reference_judge, asks_about_question_reference_and_answer) {
    std::string heard;
    const aha::reference_judge judge{listening{&heard}};
    judge(asked(aha::json{"Paris", 75}), says("<think>Lyon?</think> Paris"));
    EXPECT_THAT(heard, HasSubstr("<question>\nWhat is the capital of France?\n</question>"));
    EXPECT_THAT(heard, HasSubstr("<reference>\nParis\nor\n75\n</reference>"));
    EXPECT_THAT(heard, HasSubstr("<answer>\nParis\n</answer>"));
    EXPECT_THAT(heard, testing::Not(HasSubstr("Lyon")));
}

TEST(reference_judge, reads_what_the_options_say) {
    std::string heard;
    aha::prompt row = asked();
    row.fields["task"] = {{{"role", "user"}, {"content", "Which city?"}}};
    row.fields["solution"] = 12;
    const aha::reference_judge judge{listening{&heard},
                                     {.field = "solution", .texts = {.question_field = "task", .thoughts = true}}};
    judge(row, says("<think>Lyon?</think> Paris"));
    EXPECT_THAT(heard, HasSubstr("<question>\nWhich city?\n</question>"));
    EXPECT_THAT(heard, HasSubstr("<reference>\n12\n</reference>"));
    EXPECT_THAT(heard, HasSubstr("<answer>\n<think>Lyon?</think> Paris\n</answer>"));
    const aha::reference_judge own{listening{&heard},
                                   {.messages = [](const std::string& q, const std::string& r, const std::string& a) {
                                       return std::vector<aha::message>{{"user", q + '|' + r + '|' + a}};
                                   }}};
    own(asked(), says("Lyon"));
    EXPECT_EQ(heard, "What is the capital of France?|Paris|Lyon");
}

TEST(reference_judge, gives_0_to_a_completion_that_never_stops_thinking) {
    std::string heard = "nothing";
    const aha::reference_judge judge{listening{&heard}};
    const aha::score given = judge(asked(), says("<think>Paris, or is it"));
    EXPECT_EQ(given.value, 0);
    EXPECT_TRUE(given.applicable);
    aha::prompt thinking = asked();
    thinking.text += "\n<think>\n";
    EXPECT_EQ(judge(thinking, says("Paris, or is it")).value, 0);
    EXPECT_EQ(heard, "nothing");
}

TEST(reference_judge, names_the_prompt_without_a_reference) {
    const aha::reference_judge judge{saying("")};
    aha::prompt without;
    without.index = 3;
    EXPECT_EQ(complaint([&] { judge(without, says("4")); }), "prompt 3 has no field \"answer\"");
    EXPECT_EQ(complaint([&] { judge(asked(nullptr), says("4")); }),
              "prompt 7 has null in its field \"answer\", which is neither text nor a number");
    EXPECT_EQ(complaint([&] { judge(asked(aha::json::array()), says("4")); }),
              "prompt 7 has an empty list in its field \"answer\"");
}

TEST(reference_judge, as_the_documentation_shows_it) {
    const auto my_model_says = [](std::span<const aha::message> messages) {
        const bool right = messages.back().content.find("<answer>\nParis") != std::string::npos;
        return std::string{right ? R"({"analysis": "The same city.", "correctness": "correct"})" : "I cannot tell."};
    };
    //! [judge]
    const auto judge = [&](std::span<const aha::message> messages) -> std::string { return my_model_says(messages); };
    const aha::reference_judge correct{aha::cached(judge), {.field = "answer"}};
    const auto reward = aha::sum_rewards(aha::named("correct", correct));
    //! [judge]
    EXPECT_EQ(reward(asked(), says("Paris")).value, 1);
    EXPECT_FALSE(reward(asked(), says("Lyon")).applicable);
}

}  // namespace
