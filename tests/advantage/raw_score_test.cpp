#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/raw_score.hpp>
#include <aha/concepts/advantage.hpp>

#include "tests/advantage/groups_of.hpp"

namespace {

using aha::score;
using testing::ElementsAre;

static_assert(aha::require_advantage<aha::raw_score>());

TEST(raw_score, is_the_score_and_zero_where_it_is_not_applicable) {
    EXPECT_THAT(aha::raw_score{}(std::vector<score>{0.1, aha::test::left_out(7), -2}), ElementsAre(0.1, 0, -2));
    EXPECT_THAT(aha::raw_score{}({}), testing::IsEmpty());
}

}  // namespace
