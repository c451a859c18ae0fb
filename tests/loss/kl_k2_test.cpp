#include <aha/loss/estimate_kl.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;

TEST(kl_k2, is_half_the_squared_log_ratio) {
    const at::Tensor kl = aha::kl_k2(at::tensor({-1.0F, -2.0F, -0.5F}), at::tensor({-1.5F, -0.5F, -0.5F}));
    EXPECT_TRUE(at::equal(kl, at::tensor({0.125F, 1.125F, 0.0F})));
}

TEST(kl_k2, gradient_is_the_log_ratio_and_agrees_with_differences) {
    const at::Tensor log_probs = at::tensor({-0.5F, -1.0F, -2.5F}).requires_grad_(true);
    const at::Tensor ref = at::tensor({-1.5F, -1.2F, -1.0F});
    const auto gradients = aha::testing::gradcheck([&] { return aha::kl_k2(log_probs, ref); }, log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(gradients.automatic, gradients.numeric)), "");
    const at::Tensor probe = at::arange(1, 4, at::kDouble).cos();
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(gradients.automatic, probe * (log_probs.detach() - ref))), "");
}

}  // namespace
