#include <aha/loss/bradley_terry.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(bradley_terry, is_the_cross_entropy_of_the_preference) {
    const at::Tensor chosen = at::tensor({2.0, -1.0}), rejected = at::tensor({0.5, 3.0});
    const at::Tensor margins = at::zeros({2}, at::kDouble);
    const at::Tensor losses = aha::bradley_terry{}(chosen, rejected, margins);
    ASSERT_EQ(losses.sizes(), (at::IntArrayRef{2}));
    EXPECT_NEAR(losses[0].item<double>(), -std::log(sigmoid(1.5)), 1e-12);
    EXPECT_NEAR(losses[1].item<double>(), -std::log(sigmoid(-4)), 1e-12);
}

TEST(bradley_terry, margin_and_centering_are_added_where_they_belong) {
    const at::Tensor chosen = at::tensor({2.0}), rejected = at::tensor({0.5});
    const auto loss = [&](double margin, double centering) {
        return aha::bradley_terry{{.centering = centering}}(chosen, rejected, at::tensor({margin})).item<double>();
    };
    EXPECT_NEAR(loss(1, 0), -std::log(sigmoid(0.5)), 1e-12);
    EXPECT_NEAR(loss(1, 0.01), -std::log(sigmoid(0.5)) + 0.01 * 6.25, 1e-12);
}

TEST(bradley_terry, is_finite_and_has_a_gradient_far_from_zero) {
    const at::Tensor chosen = at::tensor({-500.0}).requires_grad_(true);
    const at::Tensor loss = aha::bradley_terry{}(chosen, at::tensor({500.0}), at::tensor({0.0})).sum();
    EXPECT_NEAR(loss.item<double>(), 1000, 1e-9);
    loss.backward();
    EXPECT_NEAR(chosen.grad().item<double>(), -1, 1e-12);
}

TEST(bradley_terry, a_centering_that_makes_no_sense_is_named) {
    EXPECT_THROW(aha::bradley_terry{{.centering = -0.1}}, aha::error);
    EXPECT_THROW(aha::bradley_terry{{.centering = NAN}}, aha::error);
}

}  // namespace
