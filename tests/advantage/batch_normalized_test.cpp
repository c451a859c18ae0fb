#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/batch_normalized.hpp>
#include <aha/concepts/batch_advantage.hpp>

#include "tests/support/complaint.hpp"
#include "tests/advantage/groups_of.hpp"

namespace {

using aha::test::complaint;
using aha::test::group_of;
using aha::test::left_out;
using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

static_assert(aha::require_batch_advantage<aha::batch_normalized>());
static_assert(!aha::advantage_says_whether_it_needs_a_reference<aha::batch_normalized>);

TEST(batch_normalized, takes_the_mean_of_the_group_and_the_deviation_of_the_batch) {
    // scores 1 3 | 4 4 8: means 2 and 16/3; of all five the mean is 4, squares 9 + 1 + 0 + 0 + 16 = 26, over 4
    const std::vector<aha::rollout_group> groups{
        group_of({{{0, 0}, 1}, {{0}, 3}}),
        group_of({{{0}, 4}, {{0, 0, 0}, 4}, {{0}, 8}, {{0, 0}, left_out(1e9)}}),
    };
    const double scale = std::sqrt(26.0 / 4) + 1e-4;
    const aha::token_values all = aha::batch_normalized{}(groups);
    const auto near = [&](double x) { return FloatNear(static_cast<float>(x / scale), 1e-6F); };
    ASSERT_EQ(all.size(), 2U);
    EXPECT_THAT(all[0], ElementsAre(ElementsAre(near(-1), near(-1)), ElementsAre(near(1))));
    const auto low = near(-4.0 / 3), high = near(8.0 / 3);
    EXPECT_THAT(all[1],
                ElementsAre(ElementsAre(low), ElementsAre(low, low, low), ElementsAre(high), ElementsAre(0.0F, 0.0F)));
}

TEST(batch_normalized, a_group_of_equal_scores_gets_exactly_zero) {
    const std::vector<aha::rollout_group> groups{group_of({{{0}, 0.1}, {{0}, 0.1}, {{0}, 0.1}}),
                                                 group_of({{{0}, 0}, {{0}, 1}})};
    EXPECT_THAT(aha::batch_normalized{}(groups)[0], Each(ElementsAre(0.0F)));
    EXPECT_THAT(aha::batch_normalized{{.epsilon = 0}}(std::span{groups}.first(1))[0], Each(ElementsAre(0.0F)));
    EXPECT_TRUE(aha::batch_normalized{}({}).empty());
}

TEST(batch_normalized, refuses_groups_without_scores_and_an_epsilon_that_makes_no_sense) {
    aha::rollout_group unscored = group_of({{{0}, 1}}, 7);
    unscored.scores.clear();
    EXPECT_THAT(complaint([&] {
                    aha::batch_normalized{}(std::span{&unscored, 1});
                }),
                HasSubstr("prompt 7 has 1 completions and 0 scores"));
    EXPECT_THAT(complaint([] { aha::batch_normalized{{.epsilon = -1}}; }),
                HasSubstr("epsilon must be 0 or more, not -1"));
}

}  // namespace
