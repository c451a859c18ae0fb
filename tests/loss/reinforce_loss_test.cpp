#include <aha/loss/reinforce_loss.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::test::batch_of;
using aha::testing::tolerance;

static_assert(aha::require_policy_loss<aha::reinforce_loss>());

TEST(reinforce_loss, is_the_weighted_negative_log_prob_times_the_advantage_whatever_the_ratio) {
    const aha::policy_batch batch = batch_of({1, 1, 1}, {2, -1, 0}, {0.5, 0.25, 1});  // log_probs -0.5, -1.75, -3
    const aha::loss_output output = aha::reinforce_loss{}(batch);
    EXPECT_NEAR(output.loss.item<double>(), 0.5 * 2 * 0.5 - 0.25 * 1.75, 1e-6);
    EXPECT_TRUE(output.sums.empty());
    output.loss.backward();
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-1.0, 0.25, 0.0}))), "");
}

TEST(reinforce_loss, has_the_gradient_of_grpo_before_the_first_update) {
    const auto gradient = [](const auto& loss) {
        const aha::policy_batch batch = batch_of({1, 1, 1}, {2, -1, 0}, {0.5, 0.25, 1}, {1.5, 0.8, 2});
        loss(batch).loss.backward();
        return batch.log_probs.grad();
    };
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(gradient(aha::reinforce_loss{{.beta = 0.3}}),
                                            gradient(aha::grpo_loss{{.beta = 0.3}}))),
              "");
}

TEST(reinforce_loss, the_gradient_agrees_with_differences) {
    const aha::policy_batch batch = batch_of({1, 0.5, 2}, {2, -1, 1}, {0.5, 0.25, 1}, {1.5, 0.8, 2});
    const aha::reinforce_loss loss{{.beta = 0.3, .kl = aha::kl_estimator::unbiased}};
    const auto gradients = aha::testing::gradcheck([&] { return loss(batch).loss; }, batch.log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(gradients.automatic, gradients.numeric)), "");
}

}  // namespace
