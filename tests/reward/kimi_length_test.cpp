#include <aha/reward/kimi_length.hpp>

#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/reward/combine.hpp>
#include <aha/reward/run_rewards.hpp>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::ElementsAre;

const auto is_right = [](const prompt&, const completion& c) { return c.text == "right"; };

std::vector<completion> completions_of(const std::vector<std::pair<std::string, std::size_t>>& answers) {
    std::vector<completion> completions;
    for (const auto& [text, tokens] : answers) {
        completions.push_back(of_length(tokens));
        completions.back().text = text;
    }
    return completions;
}

std::vector<double> values(const std::vector<score>& scores) {
    std::vector<double> all;
    for (const score& s : scores) all.push_back(s.value);
    return all;
}

TEST(kimi_length, compares_lengths_within_the_group) {
    const kimi_length judge{is_right};
    static_assert(require_group_reward<decltype(judge)>());
    const auto group = completions_of({{"right", 10}, {"right", 20}, {"right", 30}, {"wrong", 10}, {"wrong", 25}});
    EXPECT_THAT(values(judge(prompt{}, group)), ElementsAre(0.5, 0, -0.5, 0, -0.25));
}

TEST(kimi_length, gives_nothing_where_all_are_equally_long) {
    const auto group = completions_of({{"right", 10}, {"wrong", 10}});
    EXPECT_THAT(values(kimi_length{is_right}(prompt{}, group)), ElementsAre(0, 0));
    EXPECT_THAT(values(kimi_length{is_right}(prompt{}, {})), ElementsAre());
}

TEST(kimi_length, leaves_out_what_is_not_applicable) {
    const auto judge = kimi_length{[](const prompt&, const completion& c) {
        return c.text == "?" ? std::optional<double>{} : std::optional<double>{c.text == "right"};
    }};
    const std::vector<score> scores =
        judge(prompt{}, completions_of({{"?", 1}, {"right", 10}, {"right", 20}, {"?", 100}}));
    EXPECT_THAT(values(scores), ElementsAre(0, 0.5, -0.5, 0));
    EXPECT_FALSE(scores[0].applicable);
    EXPECT_TRUE(scores[1].applicable);
    EXPECT_FALSE(scores[3].applicable);
}

TEST(kimi_length, is_one_term_of_a_sum) {
    const auto judge = sum_rewards(named("right", is_right), named("length", kimi_length{is_right}, 2));
    static_assert(group_reward<decltype(judge)> && !reward<decltype(judge)>);
    std::vector<rollout_group> groups(1);
    groups[0].completions = completions_of({{"right", 10}, {"wrong", 30}});
    run_rewards(groups, judge);
    EXPECT_THAT(values(groups[0].scores), ElementsAre(2, -1));
    EXPECT_THAT(groups[0].scores[1].parts, ElementsAre(std::pair{"right", 0.0}, std::pair{"length", -0.5}));
}

}  // namespace
