#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/process_advantage.hpp>
#include <aha/concepts/batch_advantage.hpp>

#include "tests/support/complaint.hpp"
#include "tests/advantage/groups_of.hpp"

namespace {

using aha::process_advantage;
using aha::score;
using aha::step_score;
using aha::test::group_of;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

static_assert(aha::require_batch_advantage<process_advantage>());

score stepped(std::vector<step_score> steps, double value = 0) {
    score s{value};
    s.steps = std::move(steps);
    return s;
}

TEST(process_advantage, is_the_sum_of_the_groups_normalized_step_scores_from_the_token_on) {
    // steps 2 0 | 5 1: mean 2, squares 0 + 4 + 9 + 1 = 14, over 3
    const double scale = std::sqrt(14.0 / 3) + 1e-4;
    const auto near = [&](double x) { return FloatNear(static_cast<float>(x / scale), 1e-6F); };
    const std::vector<aha::rollout_group> groups{group_of({
        {{0, 0, 0, 0, 0}, stepped({{2, 2}, {4, 0}}, 100)},
        {{0, 0, 0}, stepped({{1, 5}, {3, 1}})},
        {{0, 0}, stepped({})},
        {{0, 0}, aha::test::left_out(1, {{2, 1e9}})},
    })};
    EXPECT_THAT(process_advantage{}(groups),
                ElementsAre(ElementsAre(ElementsAre(near(0 - 2), near(0 - 2), near(-2), near(-2), 0.0F),
                                        ElementsAre(near(3 - 1), near(-1), near(-1)), ElementsAre(0.0F, 0.0F),
                                        ElementsAre(0.0F, 0.0F))));
}

TEST(process_advantage, a_left_out_completion_does_not_shift_the_others_steps) {
    const std::vector<aha::rollout_group> groups{
        group_of({{{0}, aha::test::left_out(1, {{1, 7}})}, {{0}, stepped({{1, 1}})}, {{0}, stepped({{1, 3}})}})};
    const auto a = static_cast<float>(1 / std::sqrt(2.0));
    EXPECT_THAT(process_advantage{{.epsilon = 0}}(groups),
                ElementsAre(ElementsAre(ElementsAre(0.0F), ElementsAre(FloatNear(-a, 1e-6F)),
                                        ElementsAre(FloatNear(a, 1e-6F)))));
}

TEST(process_advantage, one_step_a_completion_at_its_end_is_outcome_supervision) {
    const std::vector<aha::rollout_group> groups{
        group_of({{{0, 0}, stepped({{2, 1}})}, {{0}, stepped({{1, 0}})}, {{0}, stepped({{1, 0}})}})};
    // as group_relative of 1 0 0: deviation sqrt(1/3)
    const double scale = std::sqrt(1.0 / 3) + 1e-4;
    const auto near = [&](double x) { return FloatNear(static_cast<float>(x / scale), 1e-6F); };
    EXPECT_THAT(process_advantage{}(groups),
                ElementsAre(ElementsAre(ElementsAre(near(2.0 / 3), near(2.0 / 3)), ElementsAre(near(-1.0 / 3)),
                                        ElementsAre(near(-1.0 / 3)))));
}

TEST(process_advantage, groups_do_not_influence_one_another_and_equal_steps_give_exactly_zero) {
    const std::vector<aha::rollout_group> groups{
        group_of({{{0, 0}, stepped({{1, 0.1}, {2, 0.1}})}, {{0}, stepped({{1, 0.1}})}}),
        group_of({{{0}, stepped({{1, 50}})}, {{0}, stepped({{1, 70}})}})};
    EXPECT_THAT(process_advantage{}(groups)[0], ElementsAre(ElementsAre(0.0F, 0.0F), ElementsAre(0.0F)));
}

TEST(process_advantage, refuses_steps_that_are_not_in_order_within_their_completion) {
    const auto message = [](std::vector<step_score> steps) -> std::string {
        return aha::test::complaint([&] {
            const std::vector<aha::rollout_group> groups{group_of({{{0, 0, 0}, stepped(std::move(steps))}}, 9)};
            process_advantage{}(groups);
        });
    };
    EXPECT_THAT(message({{4, 1}}),
                HasSubstr("3 tokens of prompt 9 has a step that ends at 4 after one that ends at 0"));
    EXPECT_THAT(message({{0, 1}}), HasSubstr("ends at 0 after one that ends at 0"));
    EXPECT_THAT(message({{2, 1}, {2, 1}}), HasSubstr("ends at 2 after one that ends at 2"));
    EXPECT_EQ(message({{1, 1}, {3, 1}}), "no complaint");
}

}  // namespace
