#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;
using testing::HasSubstr;

TEST(tolerance, adds_an_absolute_and_a_relative_part) {
    const tolerance near{0.5, 0.1};
    EXPECT_TRUE(near.holds(11.5, 10));
    EXPECT_FALSE(near.holds(11.6, 10));
    EXPECT_TRUE(near.holds(-0.5, 0));
    EXPECT_FALSE(near.holds(std::nan(""), 0));
    EXPECT_FALSE(near.holds(0, std::nan("")));
    EXPECT_TRUE(near.holds(HUGE_VAL, HUGE_VAL));
    EXPECT_FALSE(near.holds(-HUGE_VAL, HUGE_VAL));
    EXPECT_FALSE(near.holds(1, HUGE_VAL));
}

TEST(tolerance, narrower_types_get_more_room) {
    EXPECT_LT(tolerance::of(at::kDouble).absolute, tolerance::of(at::kFloat).absolute);
    EXPECT_LT(tolerance::of(at::kFloat).relative, tolerance::of(at::kBFloat16).relative);
    EXPECT_THROW(tolerance::of(at::kLong), aha::error);
}

TEST(tolerance, says_where_a_tensor_is_furthest_off) {
    const tolerance near{0.1, 0};
    const at::Tensor expected = at::tensor({1.0F, 2.0F, 3.0F});
    EXPECT_EQ(near.excess(at::tensor({1.05, 2.0, 2.95}), expected), "");
    EXPECT_THAT(near.excess(at::tensor({1.5, 2.0, 5.0}), expected), HasSubstr("entry 2 is 5 instead of 3"));
    EXPECT_THAT(near.excess(at::tensor({9.0, std::nan(""), 5.0}), expected), HasSubstr("entry 1 is nan instead of 2"));
    EXPECT_THAT(near.excess(at::zeros({2}), expected), HasSubstr("shape [2] instead of [3]"));
    EXPECT_THAT(near.excess(at::tensor({-HUGE_VAL}), at::tensor({HUGE_VAL})),
                HasSubstr("entry 0 is -inf instead of inf"));
}

}  // namespace
