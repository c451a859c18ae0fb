#include <aha/reward/countdown.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

#include "reward_support.hpp"

namespace {

using namespace aha;
using json = nlohmann::json;
using reward_support::complaint;
using reward_support::saying;

static_assert(require_reward<countdown>() && deterministic_reward<countdown>);

prompt asking(const json& numbers, const json& target) {
    prompt asked;
    asked.index = 7;
    asked.fields = {{"numbers", numbers}, {"target", target}};
    return asked;
}

double worth(const std::string& expression, const json& numbers, const json& target, const countdown& judge = {}) {
    return judge(asking(numbers, target), saying("<think> 1 </think> <answer> " + expression + " </answer>"));
}

TEST(countdown, takes_every_way_to_reach_the_target) {
    for (const char* right : {"(19 + 36) - (55 - 7) * 1", "19+36-(55-7)*1", "((19+36))-((55)-7)*1",
                              "19 + 36 \u2212 (55\u22127)\u00d71", "19\n+\t36 - (55 - 7) \u00f7 1"})
        EXPECT_EQ(worth(right, {1, 7, 19, 36, 55}, 7), 1) << right;
    EXPECT_EQ(worth("8 / (3 - 8/3)", {3, 3, 8, 8}, 24), 1);  // exact fractions on the way
    EXPECT_EQ(worth("1 - 5", {5, 1}, -4), 1);
    EXPECT_EQ(worth("5", {5}, 5), 1);
}

TEST(countdown, keeps_precedence_and_goes_from_left_to_right) {
    EXPECT_EQ(worth("2 + 3 * 4", {2, 3, 4}, 14), 1);
    EXPECT_EQ(worth("2 + 3 * 4", {2, 3, 4}, 20), 0);
    EXPECT_EQ(worth("20 - 3 - 4", {3, 4, 20}, 13), 1);
    EXPECT_EQ(worth("24 / 4 / 2 * 3", {2, 3, 4, 24}, 9), 1);
}

TEST(countdown, is_exact_where_doubles_are_not) {
    // Less than 1e-5 from 1.
    EXPECT_EQ(worth("100000 / 100001 - 0", {0, 100000, 100001}, 1), 0);
    EXPECT_EQ(worth("9007199254740993 - 9007199254740992", {9007199254740992, 9007199254740993}, 1), 1);
    EXPECT_EQ(worth("9007199254740993 - 9007199254740992", {9007199254740992, 9007199254740993}, 0), 0);
}

TEST(countdown, wants_each_number_once) {
    EXPECT_EQ(worth("3 + 4", {3, 4, 5}, 7), 0);
    EXPECT_EQ(worth("3 + 3", {3}, 6), 0);
    EXPECT_EQ(worth("3 + 4 + 5 - 5", {3, 4}, 7), 0);
    EXPECT_EQ(worth("3 + 3 + 4", {3, 4, 4}, 10), 0);
    EXPECT_EQ(worth("34", {3, 4}, 34), 0);
    EXPECT_EQ(worth("3 + 3", {3, 3}, 6), 1);
}

TEST(countdown, refuses_what_is_no_expression) {
    for (const char* wrong : {"",         "3 +",       "+ 3 + 4", "-3 + 10", "3 4",
                              "3 + (4",   "3 + 4)",    "()",      "3 ** 4",  "3 // 4",
                              "3(4)",     "3 + 4 = 7", "3.0 + 4", "3 + 04",  "3 + x",
                              "3 - -4",   "3, 4",      "3 + 4;",  "3^4",     "99999999999999999999 + 3",
                              "\xe2\x88", "3 + \xff"})
        EXPECT_EQ(worth(wrong, {3, 4}, 7), 0) << wrong;
    EXPECT_EQ(worth("3 / (4 - 4)", {3, 4, 4}, 0), 0);
    EXPECT_EQ(countdown{}(asking({3, 4}, 7), saying("3 + 4")), 0);
    EXPECT_EQ(countdown{}(asking({3, 4}, 7), saying("<answer>3 + 4</answer> <answer>3</answer>")), 0);
}

TEST(countdown, survives_hostile_text) {
    const std::string deep(200'000, '(');
    EXPECT_EQ(worth(deep + "3" + std::string(200'000, ')'), {3}, 3), 0);
    EXPECT_EQ(worth(std::string(64, '(') + "3" + std::string(64, ')'), {3}, 3), 1);
    EXPECT_EQ(worth(std::string(65, '(') + "3" + std::string(65, ')'), {3}, 3), 0);
    const std::string big = "9223372036854775807";
    EXPECT_EQ(worth(big + " * " + big + " / " + big, {INT64_MAX, INT64_MAX, INT64_MAX}, INT64_MAX), 0);  // does not fit
    EXPECT_EQ(worth(big + " / " + big + " * " + big, {INT64_MAX, INT64_MAX, INT64_MAX}, INT64_MAX), 1);
}

TEST(countdown, gives_some_of_the_reward_to_good_form_if_asked) {
    const countdown judge{.well_formed = 0.1};
    EXPECT_EQ(worth("3 * 4", {3, 4}, 7, judge), 0.1);
    EXPECT_EQ(worth("3 / (4 - 4)", {3, 4, 4}, 7, judge), 0.1);
    EXPECT_EQ(worth("3 + 3", {3, 4}, 7, judge), 0);
    EXPECT_EQ(worth("3 + 4", {3, 4}, 7, judge), 1);
}

TEST(countdown, keeps_to_the_rows_operators) {
    prompt asked = asking({3, 4}, 12);
    asked.fields["operators"] = "+-";
    EXPECT_EQ(countdown{}(asked, saying("<answer>3 * 4</answer>")), 0);
    asked.fields["operators"] = "*";
    EXPECT_EQ(countdown{}(asked, saying("<answer>3 * 4</answer>")), 1);
}

TEST(countdown, refuses_a_row_that_cannot_be_won) {
    const auto message = [](const json& numbers, const json& target) {
        return complaint([&] { worth("1", numbers, target); });
    };
    EXPECT_EQ(message({1, 2}, "3"), "prompt 7 has \"3\" in its field \"target\", which is no whole number");
    EXPECT_EQ(message({1, 2.5}, 3), "prompt 7 has 2.5 in its field \"numbers\", which is no whole number");
    EXPECT_THAT(message({1, -2}, 3), testing::HasSubstr("it is negative"));
    EXPECT_THAT(message(json::array(), 3), testing::HasSubstr("no list of numbers"));
    EXPECT_THAT(complaint([] { countdown{}(prompt{}, completion{}); }), testing::HasSubstr("no field \"target\""));
    prompt asked = asking({3, 4}, 12);
    asked.fields["operators"] = 3;
    EXPECT_THAT(complaint([&] { countdown{}(asked, completion{}); }), testing::HasSubstr("not a text"));
}

}  // namespace
