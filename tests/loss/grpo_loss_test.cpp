#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::test::batch_of;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<aha::grpo_loss>());

TEST(grpo_loss, is_the_weighted_negative_surrogate) {
    const aha::policy_batch batch = batch_of({1, 1.1, 0.5, 1.5}, {2, -1, -2, 3}, {0.5, 0.25, 0.125, 1});
    const aha::loss_output output = aha::grpo_loss{{.clip_low = 0.2, .clip_high = 0.28}}(batch);
    // surrogates 2, -1.1, -1.6 (clipped below), 3.84 (clipped above)
    EXPECT_NEAR(output.loss.item<double>(), -(0.5 * 2 - 0.25 * 1.1 - 0.125 * 1.6 + 3.84), 1e-6);
    EXPECT_FALSE(output.sums.contains("kl"));
    torch::autograd::backward({output.loss}, {});
    // d/dlog_prob = -weight * advantage * ratio where it is not clipped
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-1.0, 0.275, 0.0, 0.0}))), "");
}

TEST(grpo_loss, adds_beta_times_the_divergence_at_every_token_also_where_the_surrogate_is_clipped) {
    const aha::policy_batch batch = batch_of({1, 0.5}, {0, -2}, {0.5, 0.25}, {2, 0.25});
    const double kl0 = 2 - std::log(2.0) - 1, kl1 = 0.25 - std::log(0.25) - 1;
    const aha::loss_output output = aha::grpo_loss{{.beta = 0.4}}(batch);
    EXPECT_NEAR(output.loss.item<double>(), 0.5 * 0.4 * kl0 + 0.25 * (1.6 + 0.4 * kl1), 1e-6);
    EXPECT_NEAR(output.sums.at("kl").item<double>(), kl0 + kl1, 1e-6);
    EXPECT_FALSE(output.sums.at("kl").requires_grad());
    torch::autograd::backward({output.loss}, {});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-0.2, 0.25 * 0.4 * 0.75}))), "");
}

TEST(grpo_loss, metrics_count_tokens_clipped_on_the_side_that_stops_the_gradient) {
    const aha::policy_batch batch = batch_of({0.79, 0.81, 0.5, 0.5, 1.27, 1.29, 1.5, 1.5, 1.9},
                                             {-1, -1, 1, 0, 1, 1, -1, 0, 2}, std::vector<double>(9, 1.0));
    const auto sums = aha::grpo_loss{{.clip_low = 0.2, .clip_high = 0.28}}(batch).sums;
    EXPECT_EQ(sums.at("clip_ratio/low_mean").item<double>(), 1);     // 0.79
    EXPECT_EQ(sums.at("clip_ratio/high_mean").item<double>(), 2);    // 1.29 and 1.9
    EXPECT_EQ(sums.at("clip_ratio/region_mean").item<double>(), 3);  // either
    EXPECT_EQ(sums.size(), 3U);
}

TEST(grpo_loss, dual_clip_stops_tokens_of_negative_advantage_whose_ratio_is_large) {
    const aha::grpo_loss loss{{.dual_clip = 3}};
    const aha::policy_batch batch = batch_of({2.5, 4, 4, 0.5}, {-1, -2, 2, -1}, {1, 0.5, 1, 1});
    const aha::loss_output output = loss(batch);
    // surrogates -2.5, -6 (dual clip), 2.4 (clipped above), -0.8 (clipped below)
    EXPECT_NEAR(output.loss.item<double>(), 2.5 + 0.5 * 6 - 2.4 + 0.8, 1e-6);
    torch::autograd::backward({output.loss}, {});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({2.5, 0.0, 0.0, 0.0}))), "");
    const at::Tensor without = aha::grpo_loss{}(batch_of({4}, {-2}, {1})).loss;
    EXPECT_NEAR(without.item<double>(), 8, 1e-5);
}

TEST(grpo_loss, its_estimator_can_be_chosen) {
    const aha::policy_batch batch = batch_of({2}, {0}, {1}, {0.25});
    const double k1 = std::log(4.0), k3 = 0.25 + k1 - 1;
    const auto value = [&](aha::kl_estimator kl) {
        return aha::grpo_loss{{.beta = 1, .kl = kl}}(batch).loss.item<double>();
    };
    EXPECT_NEAR(value(aha::kl_estimator::k1), k1, 1e-6);
    EXPECT_NEAR(value(aha::kl_estimator::k2), k1 * k1 / 2, 1e-6);
    EXPECT_NEAR(value(aha::kl_estimator::k3), k3, 1e-6);
    EXPECT_NEAR(value(aha::kl_estimator::unbiased), 2 * k3, 1e-6);
}

TEST(grpo_loss, the_gradient_agrees_with_differences) {
    const aha::policy_batch batch =
        batch_of({1, 1.1, 0.5, 1.6, 0.5, 1.6}, {2, -1, -2, 3, 1, -1}, {0.5, 1, 1, 1, 2, 1}, {1.5, 0.8, 2, 0.5, 1, 1.2});
    const aha::grpo_loss loss{{.beta = 0.3}};
    const auto gradients = aha::testing::gradcheck([&] { return loss(batch).loss; }, batch.log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(gradients.automatic, gradients.numeric)), "");
}

TEST(grpo_loss, a_zero_advantage_is_free_exactly_without_a_kl_term) {
    const aha::grpo_loss plain, with_kl{{.beta = 0.04}};
    EXPECT_FALSE(plain.needs_reference());
    EXPECT_TRUE(plain.ignores_zero_advantage());
    EXPECT_TRUE(with_kl.needs_reference());
    EXPECT_FALSE(with_kl.ignores_zero_advantage());

    const aha::policy_batch batch = batch_of({0.5, 1, 1.5}, {0, 0, 0}, {1, 1, 1}, {2, 2, 2});
    const at::Tensor loss = plain(batch).loss;
    torch::autograd::backward({loss}, {});
    EXPECT_EQ(loss.item<double>(), 0);
    EXPECT_TRUE(batch.log_probs.grad().eq(0).all().item<bool>());
    EXPECT_GT(with_kl(batch).loss.item<double>(), 0);
}

TEST(grpo_loss, refuses_options_that_make_no_sense) {
    const auto message = complaint<aha::grpo_loss, aha::grpo_loss_options>;
    EXPECT_THAT(message({.clip_low = 1.5}), HasSubstr("clip_low must be in [0, 1], not 1.5"));
    EXPECT_THAT(message({.clip_low = -0.1}), HasSubstr("clip_low must be in [0, 1], not -0.1"));
    EXPECT_THAT(message({.clip_high = -0.1}), HasSubstr("clip_high must be 0 or more, not -0.1"));
    EXPECT_THAT(message({.clip_high = INFINITY}), HasSubstr("clip_high must be 0 or more, not inf"));
    EXPECT_THAT(message({.beta = -1}), HasSubstr("beta must be 0 or more, not -1"));
    EXPECT_THAT(message({.beta = NAN}), HasSubstr("beta must be 0 or more, not nan"));
    EXPECT_THAT(message({.clip_high = 0.5, .dual_clip = 1.5}),
                HasSubstr("dual_clip must be 0 (off) or more than 1 + clip_high = 1.5, not 1.5"));
    EXPECT_THAT(message({.dual_clip = -3}), HasSubstr("dual_clip must be 0 (off) or more than 1 + clip_high"));
    EXPECT_EQ(message({.clip_low = 1, .clip_high = 5}), "no complaint");
}

}  // namespace
