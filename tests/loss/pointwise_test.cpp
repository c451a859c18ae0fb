#include <aha/loss/pointwise.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>

namespace {

TEST(pointwise, is_the_cross_entropy_of_labels_with_sigmoids) {
    const at::Tensor scores = at::tensor({1.5, 1.5, -0.5, 800.0}), labels = at::tensor({1.0, 0.0, 0.25, 0.0});
    const at::Tensor losses = aha::pointwise{}(scores, labels);
    ASSERT_EQ(losses.sizes(), (at::IntArrayRef{4}));
    const double p = 1 / (1 + std::exp(-1.5)), q = 1 / (1 + std::exp(0.5));
    EXPECT_NEAR(losses[0].item<double>(), -std::log(p), 1e-12);
    EXPECT_NEAR(losses[1].item<double>(), -std::log(1 - p), 1e-12);
    EXPECT_NEAR(losses[2].item<double>(), -0.25 * std::log(q) - 0.75 * std::log(1 - q), 1e-12);
    EXPECT_NEAR(losses[3].item<double>(), 800, 1e-9);
}

TEST(pointwise, pushes_a_score_by_probability_less_label) {
    const at::Tensor scores = at::tensor({1.5}).requires_grad_(true);
    aha::pointwise{}(scores, at::tensor({0.0})).sum().backward();
    EXPECT_NEAR(scores.grad().item<double>(), 1 / (1 + std::exp(-1.5)), 1e-12);
}

}  // namespace
