#include <aha/advantage/turn_returns.hpp>

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/advantage/groups_of.hpp"
#include "tests/support/complaint.hpp"

namespace {

using aha::score;
using aha::step_score;
using aha::turn_returns;
using aha::test::group_of;
using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

static_assert(aha::require_batch_advantage<turn_returns>());

score stepped(std::vector<step_score> steps) {
    score s{};
    s.steps = std::move(steps);
    return s;
}

auto near(double x) { return FloatNear(static_cast<float>(x), 1e-6F); }

TEST(turn_returns, compares_the_discounted_returns_of_each_turn) {
    // Rewards 1 2 4 and 3 0, discount 1/2: returns 3 4 4 and 3 0. Turn 0: equal; turn 1: mean 2; turn 2: alone.
    const std::vector<aha::rollout_group> groups{
        group_of({{{0, 0, 0, 0}, stepped({{1, 1}, {3, 2}, {4, 4}})}, {{0, 0, 0}, stepped({{2, 3}, {3, 0}})}})};
    EXPECT_THAT((turn_returns{{.discount = 0.5, .scale = false}}(groups)),
                ElementsAre(ElementsAre(ElementsAre(0.0F, near(2), near(2), 0.0F), ElementsAre(0.0F, 0.0F, near(-2)))));
    // Without a discount: 7 6 4 and 3 0; with the full one the rewards alone: 1 2 4 and 3 0.
    EXPECT_THAT((turn_returns{{.discount = 1, .scale = false}}(groups)),
                ElementsAre(ElementsAre(ElementsAre(near(2), near(3), near(3), 0.0F),
                                        ElementsAre(near(-2), near(-2), near(-3)))));
    EXPECT_THAT((turn_returns{{.discount = 0, .scale = false}}(groups)),
                ElementsAre(ElementsAre(ElementsAre(near(-1), near(1), near(1), 0.0F),
                                        ElementsAre(near(1), near(1), near(-1)))));
}

TEST(turn_returns, divides_by_the_deviation_of_all_turns_of_the_group) {
    // Differences of the undiscounted returns: 2 3 0 and -2 -3: squares 26, over 5 - 1.
    const std::vector<aha::rollout_group> groups{
        group_of({{{0, 0, 0}, stepped({{1, 1}, {2, 2}, {3, 4}})}, {{0, 0}, stepped({{1, 3}, {2, 0}})}})};
    const double scale = std::sqrt(26.0 / 4) + 0.25;
    EXPECT_THAT((turn_returns{{.epsilon = 0.25}}(groups)),
                ElementsAre(ElementsAre(ElementsAre(near(2 / scale), near(3 / scale), 0.0F),
                                        ElementsAre(near(-2 / scale), near(-3 / scale)))));
}

TEST(turn_returns, a_late_turn_is_compared_with_late_ones) {
    // The long game's second turn meets that of another long one, not the short one's only turn.
    const std::vector<aha::rollout_group> groups{group_of(
        {{{0, 0}, stepped({{1, 0}, {2, 10}})}, {{0, 0}, stepped({{1, 0}, {2, 12}})}, {{0}, stepped({{1, 2}})}})};
    EXPECT_THAT(
        (turn_returns{{.scale = false}}(groups)),
        ElementsAre(ElementsAre(ElementsAre(near(2), near(-1)), ElementsAre(near(4), near(1)), ElementsAre(near(-6)))));
}

TEST(turn_returns, equal_returns_give_exactly_zero) {
    // 0.1 has no exact mean; an epsilon of 0 must not make 0 / 0.
    const std::vector<aha::rollout_group> groups{group_of({{{0, 0}, stepped({{1, 0.1}, {2, 0.1}})},
                                                           {{0, 0}, stepped({{1, 0.1}, {2, 0.1}})},
                                                           {{0, 0}, stepped({{1, 0.1}, {2, 0.1}})}})};
    for (const double epsilon : {0.0, 1e-4})
        EXPECT_THAT((turn_returns{{.discount = 0.9, .epsilon = epsilon}}(groups)[0]), Each(Each(0.0F)));
}

TEST(turn_returns, what_is_not_applicable_gets_nothing_and_shifts_nothing) {
    const std::vector<aha::rollout_group> with{group_of({{{0}, aha::test::left_out(1, {{1, 1e9}})},
                                                         {{0}, stepped({{1, 1}})},
                                                         {{0, 0}, stepped({})},
                                                         {{0}, stepped({{1, 3}})}})};
    const double a = 1 / std::sqrt(2.0);
    EXPECT_THAT((turn_returns{{.epsilon = 0}}(with)),
                ElementsAre(ElementsAre(ElementsAre(0.0F), ElementsAre(near(-a)), ElementsAre(0.0F, 0.0F),
                                        ElementsAre(near(a)))));
}

TEST(turn_returns, groups_do_not_influence_one_another) {
    const auto first = group_of({{{0}, stepped({{1, 1}})}, {{0}, stepped({{1, 2}})}});
    const auto second = group_of({{{0}, stepped({{1, 50}})}, {{0}, stepped({{1, 900}})}});
    const auto both = turn_returns{}(std::vector{first, second});
    EXPECT_EQ(both[0], turn_returns{}(std::vector{first})[0]);
    EXPECT_EQ(both[1], turn_returns{}(std::vector{second})[0]);
}

TEST(turn_returns, refuses_steps_that_are_not_in_order_within_their_completion) {
    const auto message = [](std::vector<step_score> steps) -> std::string {
        return aha::test::complaint([&] {
            const std::vector<aha::rollout_group> groups{group_of({{{0, 0, 0}, stepped(std::move(steps))}}, 9)};
            turn_returns{}(groups);
        });
    };
    EXPECT_THAT(message({{4, 1}}),
                HasSubstr("3 tokens of prompt 9 has a step that ends at 4 after one that ends at 0"));
    EXPECT_THAT(message({{0, 1}}), HasSubstr("ends at 0 after one that ends at 0"));
    EXPECT_THAT(message({{2, 1}, {1, 1}}), HasSubstr("ends at 1 after one that ends at 2"));
    EXPECT_EQ(message({{1, 1}, {3, 1}}), "no complaint");
}

TEST(turn_returns, names_options_that_make_no_sense) {
    EXPECT_EQ(aha::test::complaint([] { turn_returns{{.discount = 1.5}}; }), "discount must be in [0, 1], not 1.5");
    EXPECT_EQ(aha::test::complaint([] { turn_returns{{.epsilon = -1}}; }), "epsilon must be 0 or more, not -1");
    EXPECT_THAT(aha::test::complaint([] { turn_returns{{.discount = std::numeric_limits<double>::quiet_NaN()}}; }),
                HasSubstr("discount"));
}

}  // namespace
