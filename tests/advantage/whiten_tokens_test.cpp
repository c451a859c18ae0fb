#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/whiten_tokens.hpp>

#include "tests/advantage/groups_of.hpp"

namespace {

using aha::test::group_of;
using testing::ElementsAre;
using testing::FloatNear;

TEST(whiten_tokens, takes_mean_and_deviation_over_all_applicable_tokens_of_the_batch) {
    const std::vector<aha::rollout_group> groups{group_of({{{0, 0}, 1}, {{0}, aha::test::left_out(1)}}),
                                                 group_of({{{0, 0}, 1}})};
    // 1 3 5 7: mean 4, squares 9 + 1 + 1 + 9 over 3
    const double scale = std::sqrt(20.0 / 3) + 0.5;
    const auto near = [&](double x) { return FloatNear(static_cast<float>(x / scale), 1e-6F); };
    EXPECT_THAT(aha::whiten_tokens(groups, {{{1, 3}, {1e9}}, {{5, 7}}}, 0.5),
                ElementsAre(ElementsAre(ElementsAre(near(-3), near(-1)), ElementsAre(0.0F)),
                            ElementsAre(ElementsAre(near(1), near(3)))));
}

TEST(whiten_tokens, equal_numbers_give_exactly_zero) {
    const std::vector<aha::rollout_group> groups{group_of({{{0, 0}, 1}, {{0}, 1}})};
    EXPECT_THAT(aha::whiten_tokens(groups, {{{0.1, 0.1}, {0.1}}}, 0),
                ElementsAre(ElementsAre(ElementsAre(0.0F, 0.0F), ElementsAre(0.0F))));
    EXPECT_TRUE(aha::whiten_tokens({}, {}, 0).empty());
}

}  // namespace
