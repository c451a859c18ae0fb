#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/leave_one_out.hpp>
#include <aha/concepts/advantage.hpp>

#include "tests/advantage/groups_of.hpp"

namespace {

using aha::score;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pointwise;

static_assert(aha::require_advantage<aha::leave_one_out>());

TEST(leave_one_out, subtracts_the_mean_of_the_others) {
    // 2 - (-1 + 5) / 2, -1 - (2 + 5) / 2, 5 - (2 - 1) / 2
    EXPECT_THAT(aha::leave_one_out{}(std::vector<score>{2, -1, 5}), Pointwise(DoubleNear(1e-12), {0.0, -4.5, 4.5}));
    EXPECT_THAT(aha::leave_one_out{}(std::vector<score>{1, 0}), ElementsAre(1, -1));
}

TEST(leave_one_out, is_the_formula_of_trl) {
    const std::vector<score> scores{0.25, 1.5, -2, 0.125, 1.5};
    double sum = 0;
    for (const score& s : scores) sum += s.value;
    std::vector<double> expected;
    for (const score& s : scores) expected.push_back(s.value - (sum - s.value) / 4);
    EXPECT_THAT(aha::leave_one_out{}(scores), Pointwise(DoubleNear(1e-12), expected));
}

TEST(leave_one_out, equal_scores_give_exactly_zero) {
    EXPECT_THAT(aha::leave_one_out{}(std::vector<score>(7, 0.1)), Each(0.0));
}

TEST(leave_one_out, scores_that_are_not_applicable_get_zero_and_do_not_count) {
    EXPECT_THAT(aha::leave_one_out{}(std::vector<score>{aha::test::left_out(1e9), 3, score::not_applicable(), 1}),
                ElementsAre(0, 2, 0, -2));
}

TEST(leave_one_out, a_score_that_is_alone_has_nothing_to_compare) {
    EXPECT_THAT(aha::leave_one_out{}(std::vector<score>{5}), ElementsAre(0));
    EXPECT_THAT(aha::leave_one_out{}(std::vector<score>{5, score::not_applicable()}), ElementsAre(0, 0));
    EXPECT_THAT(aha::leave_one_out{}({}), IsEmpty());
}

}  // namespace
