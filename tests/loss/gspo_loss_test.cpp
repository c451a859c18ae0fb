#include <aha/loss/gspo_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::gspo_loss_options;
using aha::test::batch_of;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<aha::gspo_loss>() && aha::loss_says_whether_it_needs_entropy<aha::gspo_loss>);

TEST(gspo_loss, every_token_has_the_geometric_mean_of_its_completions_ratios) {
    const aha::policy_batch batch = batch_of({1.2, 1.25, 0.5}, {2, 2, -1}, {0.5, 0.25, 1}, {}, {0, 0, 1});
    const aha::loss_output output = aha::gspo_loss{{.clip_low = 0.3, .clip_high = 0.3}}(batch);
    const double s = std::sqrt(1.5);  // the second completion's is clipped from 0.5 to 0.7
    EXPECT_NEAR(output.loss.item<double>(), -(0.5 + 0.25) * 2 * s + 0.7, 1e-6);
    output.loss.backward();
    // each token of the first completion moves both tokens' ratio: -(w0 + w1) A s / 2
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-0.75 * s, -0.75 * s, 0.0}))), "");
    EXPECT_EQ(output.sums.at("clip_ratio/low_mean").item<double>(), 1);
    EXPECT_EQ(output.sums.at("clip_ratio/high_mean").item<double>(), 0);
}

TEST(gspo_loss, clips_a_whole_completion) {
    const aha::policy_batch batch = batch_of({2, 1, 1}, {1, 1, 1}, {1, 1, 1}, {}, {0, 0, 0});
    const aha::loss_output output = aha::gspo_loss{{.clip_low = 0.2, .clip_high = 0.2}}(batch);
    EXPECT_NEAR(output.loss.item<double>(), -3 * 1.2, 1e-6);  // 2^(1/3) = 1.26
    EXPECT_EQ(output.sums.at("clip_ratio/high_mean").item<double>(), 3);
    output.loss.backward();
    EXPECT_TRUE(batch.log_probs.grad().eq(0).all().item<bool>());
}

TEST(gspo_loss, the_gradient_agrees_with_differences) {
    aha::policy_batch batch = batch_of({1, 1.1, 0.5, 1.6, 0.5, 1.6}, {2, 2, -2, -2, 1, -1}, {0.5, 1, 1, 1, 2, 1},
                                       {1.5, 0.8, 2, 0.5, 1, 1.2}, {0, 0, 1, 1, 2, 3});
    const aha::gspo_loss loss{{.clip_low = 0.2, .clip_high = 0.2, .beta = 0.3}};
    const auto gradients = aha::testing::gradcheck([&] { return loss(batch).loss; }, batch.log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(gradients.automatic, gradients.numeric)), "");
}

TEST(gspo_loss, its_unbiased_divergence_takes_the_tokens_own_ratio) {
    const aha::policy_batch batch = batch_of({4, 1}, {0, 0}, {1, 1}, {2, 2}, {0, 0});
    const double k3 = 2 - std::log(2.0) - 1;
    const aha::loss_output output = aha::gspo_loss{{.beta = 1, .kl = aha::kl_estimator::unbiased}}(batch);
    EXPECT_NEAR(output.loss.item<double>(), (4 + 1) * k3, 1e-5);
}

TEST(gspo_loss, refuses_options_that_make_no_sense) {
    EXPECT_THAT(complaint<aha::gspo_loss>(gspo_loss_options{.clip_low = 1.5}), HasSubstr("clip_low must be in [0, 1]"));
    EXPECT_THAT(complaint<aha::gspo_loss>(gspo_loss_options{.clip_high = -1}),
                HasSubstr("clip_high must be 0 or more, not -1"));
    EXPECT_THAT(complaint<aha::gspo_loss>(gspo_loss_options{.beta = -1}), HasSubstr("beta must be 0 or more, not -1"));
}

}  // namespace
