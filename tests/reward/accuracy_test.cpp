#include <aha/reward/accuracy.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include <tests/support/complaint.hpp>

namespace {

using namespace aha;
using json = nlohmann::json;

static_assert(require_reward<accuracy>() && deterministic_reward<accuracy>);

bool right(const accuracy& judge, const json& answer, std::string text) {
    prompt asked;
    asked.index = 7;
    asked.fields[judge.field] = answer;
    completion given;
    given.text = std::move(text);
    return judge(asked, given);
}

std::string message(const accuracy& judge, const json& answer) {
    return aha::test::complaint([&] { right(judge, answer, "1"); });
}

constexpr auto boxed = answer_source::boxed;
constexpr auto tag = answer_source::answer_tag;

TEST(accuracy, compares_the_last_integer_with_numbers_and_strings) {
    for (const json& answer : {json(1234), json(1234U), json(1234.0), json("1234"), json(" 1,234 "), json("1234.0")}) {
        EXPECT_TRUE(right({}, answer, "It is 1,234.")) << answer;
        EXPECT_FALSE(right({}, answer, "It is 1,235.")) << answer;
        EXPECT_FALSE(right({}, answer, "I do not know")) << answer;
    }
    EXPECT_TRUE(right({}, -3, "-3") && right({}, "-3", "-3") && right({}, "+3", "3"));
    EXPECT_TRUE(right({.field = "sum"}, 5, "5"));
    EXPECT_TRUE(right({}, "He has 7 - 3 = 4.\n#### 4", "4") && right({}, "1{,}000", "a total of 1 000"));
    EXPECT_FALSE(right({}, 0, "The total is 1 000.") || right({}, 5, "a loss, -$5") || right({}, 2, "\\frac{1}{2}"));
}

TEST(accuracy, reads_only_the_tag_or_the_box) {
    EXPECT_TRUE(right({.source = tag}, 12, "<think> 3 </think> <answer> 12 </answer> 13"));
    EXPECT_TRUE(right({.source = tag}, 12, "<answer> 5 + 7 = 12. </answer>"));
    EXPECT_FALSE(right({.source = tag}, 12, "<answer> 13 </answer> 12"));
    EXPECT_FALSE(right({.source = tag}, 12, "12") || right({.source = tag}, 12, "<answer> 12"));
    EXPECT_TRUE(right({.source = boxed}, "12", R"(\boxed{12}, not 13)"));
    EXPECT_FALSE(right({.source = boxed}, "12", "12") || right({.source = boxed}, "12", R"(\boxed{1.2})"));
}

TEST(accuracy, compares_text_and_other_numbers_whole) {
    EXPECT_TRUE(right({.source = boxed}, R"(\frac{1}{2} )", R"(\boxed{ \frac{1}{2}})"));
    EXPECT_FALSE(right({.source = boxed}, R"(\frac{1}{2})", R"(\boxed{\frac{1}{3}})"));
    EXPECT_TRUE(right({.source = tag}, "blue", "<answer>\nblue\n</answer>"));
    EXPECT_FALSE(right({.source = tag}, "blue", "<answer>not blue</answer>"));
    EXPECT_TRUE(right({.source = tag}, 0.5, "<answer> 0.50 </answer>"));
    EXPECT_FALSE(right({.source = tag}, 0.5, "<answer> 0.5 or 0.6 </answer>"));
    EXPECT_FALSE(right({.source = tag}, 2.5, "<answer> 2 </answer>"));
    EXPECT_TRUE(right({.source = tag}, 18446744073709551615U, "<answer>18446744073709551615</answer>"));
    for (const char* answer :
         {"1,2", "3-4", "1/2", "x2", "1.2.3", "-", "", "1,2.0"}) {  // text, though digits are in it
        EXPECT_TRUE(right({.source = tag}, answer, std::string{"<answer>"} + answer + "</answer>")) << answer;
        EXPECT_FALSE(right({.source = tag}, answer, "<answer>2</answer>")) << answer;
    }
}

TEST(accuracy, refuses_a_row_that_cannot_be_won) {
    EXPECT_THAT(message({}, "blue"),
                testing::AllOf(testing::HasSubstr("prompt 7"), testing::HasSubstr("\"blue\""),
                               testing::HasSubstr("\"answer\""), testing::HasSubstr("no integer")));
    EXPECT_THAT(message({}, 2.5), testing::HasSubstr("2.5"));
    EXPECT_THAT(message({.source = tag}, std::numeric_limits<double>::quiet_NaN()),
                testing::HasSubstr("neither a number nor text"));
    EXPECT_THAT(message({}, 18446744073709551615U), testing::HasSubstr("no integer"));
    for (const json& answer : {json(nullptr), json(true), json::array({json::object()}), json::object()})
        EXPECT_THAT(message({.source = tag}, answer), testing::HasSubstr("neither a number nor text")) << answer;
    EXPECT_THAT(message({.source = tag}, json::array()), testing::HasSubstr("empty list"));
    EXPECT_THROW(accuracy{.field = "missing"}(prompt{}, completion{}), error);
}

}  // namespace
