#include <aha/reward/combine.hpp>

#include <aha/reward/accuracy.hpp>
#include <aha/reward/format.hpp>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace aha;
using parts = std::vector<std::pair<std::string, double>>;

template <class T>
auto giving(T value) {
    return [value](const prompt&, const completion&) { return value; };
}

score score_of(const reward auto& judge, std::string text = "", int answer = 0) {
    prompt asked;
    asked.fields["answer"] = answer;
    completion given;
    given.text = std::move(text);
    return judge(asked, given);
}

TEST(sum_rewards, adds_as_r1_does_and_names_the_parts) {
    const auto judge = sum_rewards(named("accuracy", accuracy{}), named("format", format_reward{}));
    static_assert(require_reward<decltype(judge)>() && deterministic_reward<std::remove_const_t<decltype(judge)>>);
    const score both = score_of(judge, "<think>a</think><answer>12</answer>", 12);
    EXPECT_EQ(both.value, 2);
    EXPECT_EQ(both.parts, (parts{{"accuracy", 1}, {"format", 1}}));
    const score one = score_of(judge, "12", 12);
    EXPECT_EQ(one.value, 1);
    EXPECT_EQ(one.parts, (parts{{"accuracy", 1}, {"format", 0}}));
}

TEST(sum_rewards, weighs_the_values_but_not_the_parts) {
    const auto judge = sum_rewards(named("a", giving(true), 0.5), named("b", giving(3), -2), named("c", giving(1.5F)));
    static_assert(!deterministic_reward<std::remove_const_t<decltype(judge)>>);
    EXPECT_EQ(score_of(judge).value, 0.5 - 6 + 1.5);
    EXPECT_EQ(score_of(judge).parts, (parts{{"a", 1}, {"b", 3}, {"c", 1.5}}));
}

TEST(sum_rewards, leaves_out_what_is_not_applicable) {
    const auto nothing = giving(std::optional<double>{});
    const score some = score_of(sum_rewards(named("a", nothing), named("b", giving(2))));
    EXPECT_TRUE(some.applicable);
    EXPECT_EQ(some.value, 2);
    EXPECT_EQ(some.parts, (parts{{"b", 2}}));
    EXPECT_FALSE(score_of(sum_rewards(named("a", nothing), named("b", giving(score::not_applicable())))).applicable);
}

TEST(sum_rewards, keeps_the_parts_of_what_is_not_applicable) {
    score nothing = score::not_applicable();
    nothing.parts = {{"unreadable", 1}};
    const score some = score_of(sum_rewards(named("a", giving(nothing)), named("b", giving(2))));
    EXPECT_EQ(some.parts, (parts{{"a/unreadable", 1}, {"b", 2}}));
    const score none = score_of(sum_rewards(named("a", giving(nothing))));
    EXPECT_FALSE(none.applicable);
    EXPECT_EQ(none.parts, (parts{{"a/unreadable", 1}}));
}

TEST(sum_rewards, keeps_the_parts_of_parts) {
    const score nested =
        score_of(sum_rewards(named("rules", sum_rewards(named("a", giving(1)), named("b", giving(2))), 10)));
    EXPECT_EQ(nested.value, 30);
    EXPECT_EQ(nested.parts, (parts{{"rules", 3}, {"rules/a", 1}, {"rules/b", 2}}));
}

TEST(sum_rewards, with_a_group_reward_is_one) {
    const auto ranks = [](const prompt&, std::span<const completion> cs) {
        std::vector<score> scores;
        for (std::size_t i = 0; i < cs.size(); ++i)
            scores.push_back(i == 1 ? score::not_applicable() : score{static_cast<double>(i), {{"rank", 5}}});
        return scores;
    };
    const auto judge = sum_rewards(named("a", giving(2)), named("b", ranks, 10));
    static_assert(group_reward<decltype(judge)> && !reward<decltype(judge)> && any_reward<decltype(judge)>);
    static_assert(!group_reward<decltype(sum_rewards(named("a", giving(2))))>);
    const std::vector<completion> group(3);
    const std::vector<score> sums = judge(prompt{}, group);
    ASSERT_EQ(sums.size(), 3U);
    EXPECT_EQ(sums[0].value, 2);
    EXPECT_EQ(sums[1].value, 2);
    EXPECT_EQ(sums[1].parts, (parts{{"a", 2}}));
    EXPECT_EQ(sums[2].value, 22);
    EXPECT_EQ(sums[2].parts, (parts{{"a", 2}, {"b", 2}, {"b/rank", 5}}));
    const auto nested = sum_rewards(named("sum", judge, 0.5), named("c", giving(1)));
    EXPECT_EQ(nested(prompt{}, group)[2].value, 12);
    const auto silent = [](const prompt&, std::span<const completion> cs) {
        return std::vector<score>(cs.size(), score::not_applicable());
    };
    EXPECT_FALSE(sum_rewards(named("a", silent))(prompt{}, group)[0].applicable);
}

TEST(sum_rewards, refuses_bad_names_and_weights) {
    EXPECT_THROW(named("", giving(1)), error);
    EXPECT_THROW(named("a", giving(1), std::nan("")), error);
    EXPECT_THROW(sum_rewards(named("a", giving(1)), named("b", giving(1)), named("a", giving(2))), error);
}

TEST(gate, counts_the_reward_only_where_the_gate_is_open) {
    const auto judge = gate(format_reward{}, accuracy{});
    static_assert(require_reward<decltype(judge)>() && deterministic_reward<std::remove_const_t<decltype(judge)>>);
    EXPECT_EQ(score_of(judge, "<think>a</think><answer>12</answer>", 12).value, 1);
    EXPECT_EQ(score_of(judge, "<think>a</think><answer>13</answer>", 12).value, 0);
    EXPECT_EQ(score_of(judge, "12", 12).value, 0);
    EXPECT_EQ(score_of(gate(giving(0.1), giving(-3))).value, -3);
    EXPECT_EQ(score_of(gate(giving(-1), giving(5))).value, 0);
}

TEST(gate, does_not_ask_behind_a_shut_gate) {
    const auto asked = std::make_shared<int>(0);
    const auto counting = [asked](const prompt&, const completion&) { return ++*asked; };
    score_of(gate(giving(false), counting));
    EXPECT_EQ(*asked, 0);
    score_of(gate(giving(true), counting));
    EXPECT_EQ(*asked, 1);
}

TEST(gate, hides_neither_nothing_nor_nan) {
    EXPECT_FALSE(score_of(gate(giving(std::optional<double>{}), giving(1))).applicable);
    EXPECT_FALSE(score_of(gate(giving(1), giving(std::optional<double>{}))).applicable);
    EXPECT_TRUE(std::isnan(score_of(gate(giving(std::numeric_limits<double>::quiet_NaN()), giving(1))).value));
}

}  // namespace
