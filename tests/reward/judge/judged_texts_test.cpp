#include <aha/reward/judge/judged_texts.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <string>

#include <tests/support/complaint.hpp>

namespace {

TEST(judged_texts, find_the_question) {
    aha::prompt asked;
    asked.index = 3;
    asked.text = "<user>What is 2 + 2?<assistant>";
    const aha::judged_texts plain;
    EXPECT_EQ(plain.question(asked), asked.text);
    asked.messages = {{{"role", "user"}, {"content", "What is 2 + 2?"}}};
    EXPECT_EQ(plain.question(asked), "What is 2 + 2?");
    asked.messages = {{{"role", "system"}, {"content", "Be brief."}},
                      {{"role", "user"}, {"content", {{{"type", "text"}, {"text", "2 + "}}, {{"text", "2?"}}}}}};
    EXPECT_EQ(plain.question(asked), "system: Be brief.\nuser: 2 + 2?\n");
    const aha::judged_texts named{.question_field = "problem"};
    EXPECT_EQ(aha::test::complaint([&] { named.question(asked); }), "prompt 3 has no field \"problem\"");
    asked.fields["problem"] = "2 + 2?";
    EXPECT_EQ(named.question(asked), "2 + 2?");
    asked.fields["problem"] = 4;
    EXPECT_EQ(aha::test::complaint([&] { named.question(asked); }),
              "prompt 3 has in its field \"problem\" neither a text nor messages: 4");
}

TEST(judged_texts, leave_out_thoughts) {
    aha::prompt asked;
    asked.text = "What is 2 + 2?";
    const aha::judged_texts plain, all{.thoughts = true};
    EXPECT_EQ(plain.answer(asked, "It is 4."), "It is 4.");
    EXPECT_EQ(plain.answer(asked, "<think>3?</think> It is 4. "), "It is 4.");
    EXPECT_EQ(plain.answer(asked, "3?</think> It is 4."), "It is 4.");
    EXPECT_EQ(plain.answer(asked, "<think>3?"), std::nullopt);
    EXPECT_EQ(all.answer(asked, "<think>3?"), "<think>3?");
    asked.text += " <think>\n";
    EXPECT_EQ(plain.answer(asked, "It is 4."), std::nullopt);
    EXPECT_EQ(plain.answer(asked, "3?</think>It is 4."), "It is 4.");
}

}  // namespace
