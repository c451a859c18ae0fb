#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <aha/loss/estimate_kl.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;

TEST(kl_k3, is_ratio_minus_log_ratio_minus_one) {
    // ref / pi = 2, 1/4 and 1
    const at::Tensor log_probs = at::tensor({-1.0, -2.0, -3.0}, at::kFloat);
    const at::Tensor ref = log_probs + at::tensor({std::log(2.0), std::log(0.25), 0.0}, at::kFloat);
    const at::Tensor expected = at::tensor({2 - std::log(2.0) - 1, 0.25 + std::log(4.0) - 1, 0.0}, at::kDouble);
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(aha::kl_k3(log_probs, ref), expected)), "");
}

TEST(kl_k3, of_equal_policies_is_exactly_zero_with_gradient_zero) {
    const at::Tensor log_probs = (-3 * at::rand({20})).requires_grad_(true);
    const at::Tensor kl = aha::kl_k3(log_probs, log_probs.detach());
    EXPECT_TRUE(kl.eq(0).all().item<bool>());
    torch::autograd::backward({kl.sum()}, {});
    EXPECT_TRUE(log_probs.grad().eq(0).all().item<bool>());
}

TEST(kl_k3, small_differences_are_not_lost_to_cancellation_and_never_negative) {
    const at::Tensor difference = at::tensor({1e-2, -1e-2, 1e-3, -1e-3}, at::kFloat);
    const at::Tensor kl = aha::kl_k3(at::zeros({4}), difference);
    const at::Tensor d = difference.to(at::kDouble);
    EXPECT_EQ((tolerance{5e-9, 1e-4}.excess(kl, d.expm1() - d)), "");
    EXPECT_TRUE(kl.ge(0).all().item<bool>());
    EXPECT_TRUE(aha::kl_k3(at::zeros({2}), at::tensor({30.0F, -30.0F})).gt(1).all().item<bool>());
}

TEST(kl_k3, gradient_is_one_minus_the_ratio_and_agrees_with_differences) {
    const at::Tensor log_probs = at::tensor({-0.5F, -1.0F, -2.5F}).requires_grad_(true);
    const at::Tensor ref = at::tensor({-1.5F, -1.2F, -1.0F});
    const auto gradients = aha::testing::gradcheck([&] { return aha::kl_k3(log_probs, ref); }, log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(gradients.automatic, gradients.numeric)), "");
    const at::Tensor probe = at::arange(1, 4, at::kDouble).cos();
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(gradients.automatic, probe * (1 - (ref - log_probs.detach()).exp()))), "");
}

/// The mean of k3 over tokens drawn from pi is KL(pi || ref): summed over a whole vocabulary, exactly.
TEST(kl_k3, is_unbiased_for_the_divergence_from_the_policy_to_the_reference) {
    const at::Tensor pi = at::tensor({0.5, 0.3, 0.15, 0.05}, at::kDouble);
    const at::Tensor ref = at::tensor({0.2, 0.2, 0.3, 0.3}, at::kDouble);
    const double divergence = (pi * (pi.log() - ref.log())).sum().item<double>();
    EXPECT_NEAR((pi * aha::kl_k3(pi.log(), ref.log())).sum().item<double>(), divergence, 1e-12);
}

}  // namespace
