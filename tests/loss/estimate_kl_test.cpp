#include <aha/loss/estimate_kl.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>

#include <aha/testing/tolerance.hpp>

/// Means over tokens are taken exactly here: sums over a vocabulary of four, weighted by the policy that drew.
namespace {

using aha::kl_estimator;
using aha::testing::tolerance;

const at::Tensor reference = at::tensor({0.2, 0.2, 0.3, 0.3}, at::kDouble);
const at::Tensor older = at::tensor({0.1, 0.4, 0.3, 0.2}, at::kDouble);

at::Tensor some_logits() { return at::tensor({0.7, 0.1, -0.4, -1.3}, at::kDouble).requires_grad_(true); }

/// The mean of an estimate over tokens drawn from `drawn_from` [V], and its gradient with respect to the logits.
struct mean_and_gradient {
    double mean = 0;
    at::Tensor gradient;
};
mean_and_gradient of(kl_estimator estimator, const at::Tensor& drawn_from) {
    const at::Tensor logits = some_logits(), log_pi = at::log_softmax(logits, 0);
    const at::Tensor ratio = (log_pi - drawn_from.log()).exp();
    const at::Tensor mean = (drawn_from * aha::estimate_kl(estimator, log_pi, reference.log(), ratio)).sum();
    mean.backward();
    return {mean.item<double>(), logits.grad()};
}

/// KL(pi || reference), or KL(reference || pi).
mean_and_gradient divergence(bool from_reference = false) {
    const at::Tensor logits = some_logits(), log_pi = at::log_softmax(logits, 0);
    const at::Tensor difference = log_pi - reference.log();
    const at::Tensor kl = from_reference ? -(reference * difference).sum() : (log_pi.exp() * difference).sum();
    kl.backward();
    return {kl.item<double>(), logits.grad()};
}

const at::Tensor policy = at::softmax(some_logits().detach(), 0);
const tolerance near{1e-12, 1e-12};

TEST(estimate_kl, k1_is_right_on_average_but_its_gradient_is_zero) {
    const mean_and_gradient k1 = of(kl_estimator::k1, policy);
    EXPECT_NEAR(k1.mean, divergence().mean, 1e-12);
    EXPECT_EQ(near.excess(k1.gradient, at::zeros({4})), "");
}

TEST(estimate_kl, k2_has_the_gradient_of_the_divergence_on_average_but_not_its_value) {
    const mean_and_gradient k2 = of(kl_estimator::k2, policy);
    EXPECT_GT(std::abs(k2.mean - divergence().mean), 1e-3);
    EXPECT_EQ(near.excess(k2.gradient, divergence().gradient), "");
}

TEST(estimate_kl, k3_is_right_on_average_with_the_gradient_of_the_opposite_divergence) {
    const mean_and_gradient k3 = of(kl_estimator::k3, policy);
    EXPECT_NEAR(k3.mean, divergence().mean, 1e-12);
    EXPECT_NE(near.excess(k3.gradient, divergence().gradient), "");
    EXPECT_EQ(near.excess(k3.gradient, divergence(true).gradient), "");
}

TEST(estimate_kl, unbiased_has_the_value_and_the_gradient_of_the_divergence_off_the_policy_too) {
    for (const at::Tensor& drawn_from : {policy, older}) {
        const mean_and_gradient unbiased = of(kl_estimator::unbiased, drawn_from);
        EXPECT_NEAR(unbiased.mean, divergence().mean, 1e-12);
        EXPECT_EQ(near.excess(unbiased.gradient, divergence().gradient), "");
    }
    EXPECT_GT(std::abs(of(kl_estimator::k3, older).mean - divergence().mean), 1e-3);
}

TEST(estimate_kl, only_unbiased_reads_the_ratio) {
    for (const kl_estimator estimator : {kl_estimator::k1, kl_estimator::k2, kl_estimator::k3})
        EXPECT_NO_THROW(aha::estimate_kl(estimator, older.log(), reference.log(), {}));
}

}  // namespace
