#include <aha/loss/estimate_kl.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>

namespace {

TEST(kl_k1, is_the_log_ratio_of_policy_to_reference_with_gradient_one) {
    const at::Tensor log_probs = at::tensor({-1.0F, -2.0F, -0.5F}).requires_grad_(true);
    const at::Tensor kl = aha::kl_k1(log_probs, at::tensor({-1.5F, -0.5F, -0.5F}));
    EXPECT_TRUE(at::equal(kl, at::tensor({0.5F, -1.5F, 0.0F})));
    kl.sum().backward();
    EXPECT_TRUE(at::equal(log_probs.grad(), at::ones({3})));
}

TEST(kl_k1, is_unbiased_for_the_divergence_from_the_policy_to_the_reference) {
    const at::Tensor pi = at::tensor({0.5, 0.3, 0.15, 0.05}, at::kDouble);
    const at::Tensor ref = at::tensor({0.2, 0.2, 0.3, 0.3}, at::kDouble);
    EXPECT_NEAR((pi * aha::kl_k1(pi.log(), ref.log())).sum().item<double>(),
                0.5 * std::log(2.5) + 0.3 * std::log(1.5) + 0.15 * std::log(0.5) + 0.05 * std::log(1.0 / 6), 1e-12);
}

}  // namespace
