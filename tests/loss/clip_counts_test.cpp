#include <aha/loss/clipped_surrogate.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

TEST(clip_counts, are_of_tokens_clipped_on_the_side_that_stops_the_gradient) {
    const at::Tensor ratio = at::tensor({0.79F, 0.81F, 0.5F, 0.5F, 1.27F, 1.29F, 1.5F, 1.5F, 1.9F}).requires_grad_();
    const at::Tensor advantages = at::tensor({-1.0F, -1.0F, 1.0F, 0.0F, 1.0F, 1.0F, -1.0F, 0.0F, 2.0F});
    const auto counts = aha::clip_counts(ratio, advantages, 0.2, 0.28);
    EXPECT_EQ(counts.at("clip_ratio/low_mean").item<double>(), 1);     // 0.79
    EXPECT_EQ(counts.at("clip_ratio/high_mean").item<double>(), 2);    // 1.29 and 1.9
    EXPECT_EQ(counts.at("clip_ratio/region_mean").item<double>(), 3);  // either
    EXPECT_EQ(counts.size(), 3U);
}

}  // namespace
