#include <aha/reward/environment_reward.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/reward.hpp>

namespace {

static_assert(aha::require_reward<aha::environment_reward>());

aha::completion dialogue() {
    aha::completion c;
    c.ids = {1, 2, 3, 4, 5, 6};
    c.finish = aha::finish_reason::end_token;
    c.turns = {{.begin = 0, .end = 2, .reward = 0.5}, {.begin = 3, .end = 4, .reward = 0}, {4, 6, "", "", -2}};
    return c;
}

TEST(environment_reward, is_the_sum_and_has_a_step_a_turn) {
    const aha::score given = aha::environment_reward{}(aha::prompt{}, dialogue());
    EXPECT_TRUE(given.applicable);
    EXPECT_EQ(given.value, -1.5);
    EXPECT_THAT(given.steps,
                testing::ElementsAre(aha::step_score{2, 0.5}, aha::step_score{4, 0}, aha::step_score{6, -2}));
}

TEST(environment_reward, does_not_judge_where_the_environment_failed) {
    aha::completion c = dialogue();
    c.finish = aha::finish_reason::failed;
    EXPECT_FALSE(aha::environment_reward{}(aha::prompt{}, c).applicable);
    c.finish = aha::finish_reason::length;  // cut: what was given until then counts
    EXPECT_EQ(aha::environment_reward{}(aha::prompt{}, c).value, -1.5);
}

TEST(environment_reward, of_a_completion_without_turns_is_nothing) {
    aha::completion c;
    c.ids = {1, 2};
    const aha::score given = aha::environment_reward{}(aha::prompt{}, c);
    EXPECT_EQ(given.value, 0);
    EXPECT_TRUE(given.steps.empty());
}

}  // namespace
