#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/group_relative.hpp>
#include <aha/advantage/kl_in_reward.hpp>
#include <aha/concepts/batch_advantage.hpp>

#include "tests/advantage/groups_of.hpp"

namespace {

using aha::test::group_of;
using aha::test::left_out;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

using rloo = aha::kl_in_reward<>;
static_assert(aha::require_batch_advantage<rloo>() && aha::advantage_says_whether_it_needs_a_reference<rloo>);

auto near(double x) { return FloatNear(static_cast<float>(x), 1e-6F); }

TEST(kl_in_reward, with_leave_one_out_is_the_advantage_of_trls_rloo) {
    // scores 1, 0, 2 less 0.5 times the summed log-ratios 0.75, -1, 0.5: 0.625, 0.5, 1.75
    const std::vector<aha::rollout_group> groups{group_of({{{0.5, 0.25}, 1}, {{-1}, 0}, {{0.25, 0.25, 0}, 2}})};
    const double rewards[] = {0.625, 0.5, 1.75}, sum = 2.875;
    const auto trl = [&](int i) { return near(rewards[i] - (sum - rewards[i]) / 2); };
    const aha::token_values all = aha::kl_in_reward{aha::leave_one_out{}, {.beta = 0.5}}(groups);
    EXPECT_THAT(all, ElementsAre(ElementsAre(ElementsAre(trl(0), trl(0)), ElementsAre(trl(1)),
                                             ElementsAre(trl(2), trl(2), trl(2)))));
}

TEST(kl_in_reward, the_advantage_and_the_estimator_can_be_chosen) {
    const std::vector<aha::rollout_group> groups{group_of({{{1, 1}, 1}, {{2}, 1}})};
    // k2: 1 - (1/2 + 1/2) = 0 and 1 - 2 = -1
    const aha::token_values all =
        aha::kl_in_reward{aha::group_relative{{.epsilon = 0}}, {.beta = 1, .kl = aha::kl_estimator::k2}}(groups);
    const double a = std::sqrt(0.5);
    EXPECT_THAT(all, ElementsAre(ElementsAre(ElementsAre(near(a), near(a)), ElementsAre(near(-a)))));
}

TEST(kl_in_reward, compares_each_group_by_itself) {
    const std::vector<aha::rollout_group> groups{group_of({{{0}, 1}, {{0}, 0}}), group_of({{{0}, 9}, {{0}, 5}})};
    EXPECT_THAT(rloo{}(groups), ElementsAre(ElementsAre(ElementsAre(1.0F), ElementsAre(-1.0F)),
                                            ElementsAre(ElementsAre(4.0F), ElementsAre(-4.0F))));
}

TEST(kl_in_reward, scores_that_are_not_applicable_get_zero_and_do_not_count) {
    std::vector<aha::rollout_group> groups{group_of({{{3, 4}, left_out(100)}, {{0}, 1}, {{0}, 3}})};
    groups[0].completions[0].ref_log_probs.clear();  // nobody needs them
    EXPECT_THAT(rloo{}(groups),
                ElementsAre(ElementsAre(ElementsAre(0.0F, 0.0F), ElementsAre(-2.0F), ElementsAre(2.0F))));
}

TEST(kl_in_reward, without_beta_it_needs_no_reference) {
    const aha::kl_in_reward free{aha::leave_one_out{}, {.beta = 0}};
    EXPECT_FALSE(free.needs_reference());
    EXPECT_TRUE(rloo{}.needs_reference());
    std::vector<aha::rollout_group> groups{group_of({{{3}, 1}, {{0}, 3}})};
    for (aha::completion& c : groups[0].completions) c.ref_log_probs.clear();
    EXPECT_THAT(free(groups), ElementsAre(ElementsAre(ElementsAre(-2.0F), ElementsAre(2.0F))));
}

TEST(kl_in_reward, refuses_a_beta_that_makes_no_sense) {
    try {
        aha::kl_in_reward{aha::leave_one_out{}, {.beta = -1}};
        ADD_FAILURE() << "nothing was thrown";
    } catch (const aha::error& e) {
        EXPECT_THAT(e.what(), HasSubstr("beta must be 0 or more, not -1"));
    }
}

}  // namespace
