#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/reinforce_plus_plus_baseline.hpp>
#include <aha/concepts/batch_advantage.hpp>

#include "tests/advantage/groups_of.hpp"

namespace {

using aha::reinforce_plus_plus_baseline;
using aha::test::group_of;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

static_assert(aha::require_batch_advantage<reinforce_plus_plus_baseline>());

TEST(reinforce_plus_plus_baseline, whitens_scores_less_their_groups_mean_over_all_tokens) {
    const std::vector<aha::rollout_group> groups{group_of({{{0, 0, 0}, 3}, {{0}, 1}, {{0}, aha::test::left_out(50)}}),
                                                 group_of({{{0}, 8}, {{0}, 4}})};
    // tokens 1 1 1 -1 | 2 -2: mean 1/3; squares 3 x 4/9 + 16/9 + 25/9 + 49/9 = 102/9, over 5
    const double scale = std::sqrt(102.0 / 45);
    const auto near = [&](double x) { return FloatNear(static_cast<float>((x - 1.0 / 3) / scale), 1e-6F); };
    const aha::token_values all = reinforce_plus_plus_baseline{}(groups);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_THAT(all[0], ElementsAre(ElementsAre(near(1), near(1), near(1)), ElementsAre(near(-1)), ElementsAre(0.0F)));
    EXPECT_THAT(all[1], ElementsAre(ElementsAre(near(2)), ElementsAre(near(-2))));
}

TEST(reinforce_plus_plus_baseline, refuses_an_epsilon_that_makes_no_sense) {
    try {
        reinforce_plus_plus_baseline{{.epsilon = -1}};
        ADD_FAILURE() << "nothing was thrown";
    } catch (const aha::error& e) {
        EXPECT_THAT(e.what(), HasSubstr("epsilon must be 0 or more, not -1"));
    }
}

}  // namespace
