#include <aha/advantage/max_rl.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include <aha/concepts/advantage.hpp>

namespace {

using aha::max_rl;
using aha::score;
using ::testing::Each;
using ::testing::ElementsAre;

static_assert(aha::require_advantage<max_rl>());

TEST(max_rl, divides_by_the_pass_rate) {
    const std::vector<score> one_of_four{1, 0, 0, 0}, three_of_four{1, 1, 1, 0};
    EXPECT_THAT(max_rl{}(one_of_four), ElementsAre(3, -1, -1, -1));
    const std::vector<double> easy = max_rl{}(three_of_four);
    EXPECT_DOUBLE_EQ(easy[0], 1.0 / 3);
    EXPECT_DOUBLE_EQ(easy[3], -1);
}

TEST(max_rl, has_nothing_to_say_where_all_fail_or_pass) {
    EXPECT_THAT(max_rl{}(std::vector<score>{0, 0, 0}), Each(0));
    EXPECT_THAT(max_rl{}(std::vector<score>{1, 1, 1}), Each(0));
    EXPECT_THAT(max_rl{}(std::vector<score>{-1, 0, -2}), Each(0));
    EXPECT_THAT(max_rl{}(std::vector<score>{}), ::testing::IsEmpty());
}

TEST(max_rl, leaves_out_what_is_not_applicable) {
    const std::vector<score> scores{1, score::not_applicable(), 0};
    EXPECT_THAT(max_rl{}(scores), ElementsAre(1, 0, -1));
}

}  // namespace
