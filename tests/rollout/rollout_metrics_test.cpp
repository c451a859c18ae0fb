#include <aha/rollout/rollout_metrics.hpp>

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace {

using aha::finish_reason;

aha::completion of_length(std::size_t tokens, finish_reason finish, float entropy) {
    aha::completion c;
    c.ids.assign(tokens, 1);
    c.entropies.assign(tokens, entropy);
    c.finish = finish;
    return c;
}

aha::score scored(double accuracy, double format) {
    return {accuracy + format, {{"accuracy", accuracy}, {"format", format}}};
}

aha::rollout_group group_of(std::vector<aha::score> scores) {
    aha::rollout_group group;
    group.completions.assign(scores.size(), of_length(1, finish_reason::end_token, 0));
    group.scores = std::move(scores);
    return group;
}

std::map<std::string, double> by_name(const std::vector<aha::rollout_group>& groups) {
    const auto metrics = aha::rollout_metrics(groups);
    return {metrics.begin(), metrics.end()};
}

TEST(rollout_metrics, are_those_worked_out_by_hand) {
    std::vector<aha::rollout_group> groups(2);
    groups[0].completions = {of_length(2, finish_reason::end_token, 0.5F), of_length(4, finish_reason::length, 1),
                             of_length(6, finish_reason::stop_string, 0.25F)};
    groups[0].scores = {scored(1, 0), scored(0, 0), scored(0, 0.5)};
    groups[1].completions = {of_length(1, finish_reason::length, 2), of_length(3, finish_reason::end_token, 1),
                             of_length(8, finish_reason::length, 0.125F)};
    groups[1].scores = {scored(1, 1), scored(1, 1), aha::score::not_applicable()};
    const auto metrics = aha::rollout_metrics(groups);
    const std::vector<std::pair<std::string, double>> expected{
        {"reward", 5.5 / 5},             // 1, 0, 0.5, 2, 2
        {"reward_std", 0.25},            // 0.5 in the first group, 0 in the second
        {"frac_reward_zero_std", 0.5},   // the second
        {"rewards/accuracy/mean", 0.6},  // 1, 0, 0, 1, 1
        {"rewards/accuracy/std", std::sqrt(1.2 / 4)},
        {"rewards/format/mean", 0.5},  // 0, 0, 0.5, 1, 1
        {"rewards/format/std", 0.5},
        {"entropy", (2 * 0.5 + 4 + 6 * 0.25 + 2 + 3 + 8 * 0.125) / 24},  // a mean over tokens
        {"completions/mean_length", 4},
        {"completions/min_length", 1},
        {"completions/max_length", 8},
        {"completions/mean_terminated_length", 11.0 / 3},  // 2, 6, 3
        {"completions/clipped_ratio", 0.5},
    };
    ASSERT_EQ(metrics.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(metrics[i].first, expected[i].first);
        EXPECT_NEAR(metrics[i].second, expected[i].second, 1e-14) << expected[i].first;
    }
}

TEST(rollout_metrics, of_equal_rewards_have_no_deviation_whatever_their_size) {
    for (const double value : {0.0, 0.1, 1.0 / 3, -1e8 - 0.1}) {
        auto metrics = by_name({group_of({value, value, value, value, value, value, value})});
        EXPECT_EQ(metrics["reward_std"], 0) << value;
        EXPECT_EQ(metrics["frac_reward_zero_std"], 1) << value;
    }
    EXPECT_NEAR(by_name({group_of({1e9, 1e9 + 1, 1e9 + 2})})["reward_std"], 1, 1e-9);
}

TEST(rollout_metrics, count_parts_of_what_is_not_applicable) {
    aha::score unreadable = aha::score::not_applicable();
    unreadable.parts = {{"unreadable", 1}};
    auto metrics = by_name({group_of({{1, {{"unreadable", 0}}}, unreadable, {0, {{"unreadable", 0}}}, unreadable})});
    EXPECT_EQ(metrics["rewards/unreadable/mean"], 0.5);
    EXPECT_EQ(metrics["reward"], 0.5);
}

TEST(rollout_metrics, have_no_part_of_a_single_reward_and_are_zero_of_nothing) {
    auto metrics = by_name({group_of({1, 2}), group_of({5})});
    EXPECT_EQ(metrics.size(), 9U);
    EXPECT_NEAR(metrics["reward_std"], std::sqrt(0.5) / 2, 1e-15);  // one completion has no deviation
    for (const auto& [name, value] : by_name({})) EXPECT_EQ(value, 0) << name;
}

}  // namespace
