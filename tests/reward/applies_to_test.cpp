#include <aha/reward/applies_to.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aha/reward/combine.hpp>
#include <aha/reward/format.hpp>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::HasSubstr;

prompt row(const std::string& kind) {
    prompt asked;
    asked.index = 3;
    asked.fields["kind"] = kind;
    return asked;
}

TEST(applies_to, asks_only_where_the_row_says_so) {
    const auto calls = std::make_shared<int>(0);
    const auto judge = applies_to(field_is{"kind", "math"}, [calls](const prompt&, const completion&) {
        ++*calls;
        return 0.5;
    });
    static_assert(require_reward<decltype(judge)>());
    EXPECT_EQ(judge(row("math"), completion{}).value, 0.5);
    EXPECT_FALSE(judge(row("code"), completion{}).applicable);
    EXPECT_EQ(*calls, 1);
}

TEST(applies_to, takes_any_predicate) {
    const auto judge = applies_to([](const prompt& p) { return p.index == 3; }, format_reward{});
    EXPECT_TRUE(judge(row(""), completion{}).applicable);
    EXPECT_FALSE(judge(prompt{}, completion{}).applicable);
}

TEST(applies_to, gives_each_kind_its_rewards_in_a_sum) {
    const auto one = [](const prompt&, const completion&) { return 1; };
    const auto ten = [](const prompt&, const completion&) { return 10; };
    const auto judge = sum_rewards(named("math", applies_to(field_is{"kind", "math"}, one)),
                                   named("code", applies_to(field_is{"kind", "code"}, ten)));
    EXPECT_EQ(judge(row("math"), completion{}).value, 1);
    EXPECT_EQ(judge(row("code"), completion{}).value, 10);
    EXPECT_EQ(judge(row("code"), completion{}).parts.size(), 1U);
    EXPECT_FALSE(judge(row("poem"), completion{}).applicable);
}

TEST(applies_to, takes_a_group_reward) {
    const auto count = [](const prompt&, std::span<const completion> cs) {
        return std::vector<score>(cs.size(), score{static_cast<double>(cs.size())});
    };
    const auto judge = applies_to(field_is{"kind", "math"}, count);
    static_assert(require_group_reward<decltype(judge)>() && !reward<decltype(judge)>);
    const std::vector<completion> group(2);
    EXPECT_EQ(judge(row("math"), group).at(1).value, 2);
    ASSERT_EQ(judge(row("code"), group).size(), 2U);
    EXPECT_FALSE(judge(row("code"), group)[1].applicable);
}

TEST(applies_to, names_a_row_without_the_field) {
    const auto judge = applies_to(field_is{"kind", "math"}, format_reward{});
    EXPECT_THAT(complaint([&] { judge(prompt{}, completion{}); }), HasSubstr("no field \"kind\""));
    static_assert(deterministic_reward<std::remove_const_t<decltype(judge)>>);
}

}  // namespace
