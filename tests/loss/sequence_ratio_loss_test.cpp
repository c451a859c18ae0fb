#include <aha/loss/sequence_ratio_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::sequence_ratio_loss_options;
using aha::test::batch_of;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<aha::sequence_ratio_loss>());

TEST(sequence_ratio_loss, with_sequence_mean_is_the_printed_objective) {
    // Completions of 2 and 1 tokens: ratios 1.2 x 1.25 and 0.5, advantages 2 and -1, pi_ref / pi of 2 x 1.5 and 0.25.
    const std::vector<std::int64_t> lengths{2, 1};
    const std::vector<double> w = aha::sequence_mean{}(lengths);
    const aha::policy_batch batch =
        batch_of({1.2, 1.25, 0.5}, {2, 2, -1}, {w[0], w[0], w[1]}, {2, 1.5, 0.25}, {0, 0, 1});
    const double kl0 = 3 - std::log(3.0) - 1, kl1 = 0.25 - std::log(0.25) - 1;
    const aha::loss_output output = aha::sequence_ratio_loss{{.beta = 0.4}}(batch);
    const double objective = ((1.5 * 2 - 0.4 * kl0) + (0.5 * -1 - 0.4 * kl1)) / 2;
    EXPECT_NEAR(output.loss.item<double>(), -objective, 1e-6);
    EXPECT_NEAR(output.sums.at("kl").item<double>(), 2 * kl0 + kl1, 1e-5);  // a completion weighs as its tokens
    output.loss.backward();
    // every token of a completion moves its ratio alike: -(rho A + beta (pi_ref / pi - 1)) / 2
    const double first = -(1.5 * 2 + 0.4 * (3 - 1)) / 2, second = -(-0.5 + 0.4 * (0.25 - 1)) / 2;
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({first, first, second}))), "");
}

TEST(sequence_ratio_loss, a_clip_range_of_ten_only_bounds_ratios_above_eleven) {
    const auto loss = [](double ratio, double advantage) {
        const aha::policy_batch batch = batch_of({ratio}, {advantage}, {1}, {}, {0});
        return aha::sequence_ratio_loss{}(batch).loss.item<double>();
    };
    EXPECT_NEAR(loss(10.9, 1), -10.9, 1e-4);
    EXPECT_NEAR(loss(11.5, 1), -11, 1e-4);
    EXPECT_NEAR(loss(11.5, -1), 11.5, 1e-4);
    EXPECT_NEAR(loss(0.001, -1), 0.001, 1e-6);
}

TEST(sequence_ratio_loss, the_gradient_agrees_with_differences) {
    const aha::policy_batch batch = batch_of({1, 1.1, 0.5, 1.6, 0.5, 1.6}, {2, 2, -2, -2, 1, -1}, {0.5, 1, 1, 1, 2, 1},
                                             {1.5, 0.8, 2, 0.5, 1, 1.2}, {0, 0, 1, 1, 2, 3});
    for (const aha::kl_estimator kl : {aha::kl_estimator::k2, aha::kl_estimator::k3, aha::kl_estimator::unbiased}) {
        const aha::sequence_ratio_loss loss{{.clip_low = 0.3, .clip_high = 0.3, .beta = 0.3, .kl = kl}};
        const auto gradients = aha::testing::gradcheck([&] { return loss(batch).loss; }, batch.log_probs);
        EXPECT_EQ((tolerance{3e-4, 3e-4}.excess(gradients.automatic, gradients.numeric)), "");
    }
}

TEST(sequence_ratio_loss, does_not_overflow_for_long_completions) {
    aha::policy_batch batch = batch_of({1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 0});
    batch.old_log_probs = batch.old_log_probs - 100;
    batch.ref_log_probs = batch.ref_log_probs + 100;
    const at::Tensor loss = aha::sequence_ratio_loss{{.beta = 1e-3}}(batch).loss;
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<double>()));
    EXPECT_TRUE(batch.log_probs.grad().isfinite().all().item<bool>());
}

TEST(sequence_ratio_loss, refuses_options_that_make_no_sense) {
    const auto says = complaint<aha::sequence_ratio_loss, sequence_ratio_loss_options>;
    EXPECT_THAT(says({.clip_low = -1}), HasSubstr("clip_low must be 0 or more, not -1"));
    EXPECT_THAT(says({.clip_high = INFINITY}), HasSubstr("clip_high must be 0 or more, not inf"));
    EXPECT_THAT(says({.beta = -1}), HasSubstr("beta must be 0 or more, not -1"));
}

}  // namespace
