#include <aha/reward/multiple_choice.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::AllOf;
using testing::HasSubstr;

bool right(const std::string& text, const nlohmann::json& answer, const multiple_choice& judge = multiple_choice{}) {
    prompt asked;
    asked.index = 5;
    asked.fields["answer"] = answer;
    asked.fields["choices"] = {"a cat", "a dog", "a cow"};
    return judge(asked, saying(text));
}

TEST(multiple_choice, compares_with_the_row) {
    static_assert(require_reward<multiple_choice>());
    EXPECT_TRUE(right("\\boxed{B}", "B"));
    EXPECT_FALSE(right("\\boxed{C}", "B"));
    EXPECT_FALSE(right("", "B"));
    EXPECT_TRUE(right("\\boxed{B}", "(b)"));
    EXPECT_TRUE(right("\\boxed{B}", 1));
    EXPECT_TRUE(right("\\boxed{A}", 0U));
    const multiple_choice with_texts{{.choices = "choices"}};
    EXPECT_TRUE(right("<answer>a dog</answer>", "B", with_texts));
    EXPECT_TRUE(right("<answer>B</answer>", "A dog", with_texts));
    EXPECT_FALSE(right("<answer>a cow</answer>", "A dog", with_texts));
}

TEST(multiple_choice, refuses_rows_that_no_completion_can_win) {
    const auto message = [](const nlohmann::json& answer, const multiple_choice& judge = multiple_choice{}) {
        return complaint([&] { right("A", answer, judge); });
    };
    for (const nlohmann::json& answer : {nlohmann::json("K"), nlohmann::json(10), nlohmann::json(-1),
                                         nlohmann::json(1.0), nlohmann::json(), nlohmann::json("")})
        EXPECT_THAT(message(answer), AllOf(HasSubstr("prompt 5"), HasSubstr(answer.dump()), HasSubstr("10 choices")));
    EXPECT_THAT(message("D", multiple_choice{{.choices = "choices"}}), HasSubstr("none of its 3 choices"));
    EXPECT_THAT(message("A", multiple_choice{{.choices = "answer"}}), HasSubstr("no list"));
    EXPECT_THAT(message("A", multiple_choice{{.choices = "options"}}), HasSubstr("no field \"options\""));
    EXPECT_THAT(complaint([] { multiple_choice{{.letters = 27}}; }), HasSubstr("27"));
    EXPECT_THAT(complaint([] { multiple_choice{{.field = ""}}; }), HasSubstr("field must not be empty"));
}

}  // namespace
