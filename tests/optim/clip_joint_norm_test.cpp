#include <aha/optim/clip_joint_norm.hpp>

#include <ATen/ATen.h>
#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace {

aha::parameters with_gradient(double value) {
    aha::parameters one{{{"weight", {1}}}, at::TensorOptions{at::kFloat}};
    one[0].grad().fill_(value);
    return one;
}

TEST(clip_joint_norm, scales_all_sets_by_one_factor) {
    const aha::parameters a = with_gradient(30), b = with_gradient(-40);
    const std::array<const aha::parameters*, 2> both{&a, &b};
    EXPECT_DOUBLE_EQ(aha::clip_joint_norm(both, 0), 50);
    EXPECT_EQ(a[0].grad().item<double>(), 30);
    EXPECT_DOUBLE_EQ(aha::clip_joint_norm(both, 5), 50);
    EXPECT_NEAR(a[0].grad().item<double>(), 3, 1e-6);
    EXPECT_NEAR(b[0].grad().item<double>(), -4, 1e-6);
    EXPECT_NEAR(aha::clip_joint_norm(both, 6), 5, 1e-6);
    EXPECT_NEAR(b[0].grad().item<double>(), -4, 1e-6);
}

TEST(clip_joint_norm, leaves_gradients_alone_when_the_norm_is_not_a_number) {
    const aha::parameters a = with_gradient(30), b = with_gradient(std::nan(""));
    const std::array<const aha::parameters*, 2> both{&a, &b};
    EXPECT_FALSE(std::isfinite(aha::clip_joint_norm(both, 1)));
    EXPECT_EQ(a[0].grad().item<double>(), 30);
}

}  // namespace
