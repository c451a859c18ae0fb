#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/mean_centered.hpp>
#include <aha/concepts/advantage.hpp>

namespace {

using aha::score;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pointwise;

static_assert(aha::require_advantage<aha::mean_centered>());

const score none = score::not_applicable();

TEST(mean_centered, subtracts_the_mean) {
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{1, 0, 0, 1}), ElementsAre(0.5, -0.5, -0.5, 0.5));
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{2, -1, 5}), ElementsAre(0, -3, 3));
}

TEST(mean_centered, equal_scores_give_exactly_zero) {
    // 0.1 added seven times and divided by seven is not 0.1.
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>(7, 0.1)), Each(0.0));
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>(3, -1e300)), Each(0.0));
}

TEST(mean_centered, scores_that_are_not_applicable_get_zero_and_do_not_count) {
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{none, 3, none, 1}), ElementsAre(0, 1, 0, -1));
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{0.1, none, 0.1, 0.1}), Each(0.0));
    score odd{1e9};
    odd.applicable = false;
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{odd, 3, 1}), ElementsAre(0, 1, -1));
}

TEST(mean_centered, a_group_with_one_score_or_none_has_nothing_to_compare) {
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{5}), ElementsAre(0));
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{none, 5, none}), ElementsAre(0, 0, 0));
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{none, none}), ElementsAre(0, 0));
    EXPECT_THAT(aha::mean_centered{}({}), IsEmpty());
}

TEST(mean_centered, keeps_the_order_and_does_not_depend_on_a_shift) {
    const std::vector<double> wanted{-0.75, 1.25, 0.25, -0.75};
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{0, 2, 1, 0}), Pointwise(DoubleNear(1e-12), wanted));
    EXPECT_THAT(aha::mean_centered{}(std::vector<score>{10, 12, 11, 10}), Pointwise(DoubleNear(1e-12), wanted));
}

}  // namespace
