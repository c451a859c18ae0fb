#include <aha/loss/dppo_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include <aha/concepts/policy_loss.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::dppo_loss;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<dppo_loss>());

/// Tokens of these probabilities before and now.
aha::policy_batch moved(const std::vector<double>& before, const std::vector<double>& now,
                        const std::vector<double>& advantages) {
    aha::policy_batch batch;
    batch.old_log_probs = at::tensor(before, at::kFloat).log();
    batch.log_probs = at::tensor(now, at::kFloat).log().requires_grad_(true);
    batch.advantages = at::tensor(advantages, at::kFloat);
    batch.weights = at::ones_like(batch.advantages);
    return batch;
}

TEST(dppo_loss, holds_tokens_whose_probability_went_too_far) {
    // In order: held, a rise that is small though its ratio is 3, a fall against the advantage, held, a rise against
    // it.
    const aha::policy_batch batch = moved({0.3, 0.01, 0.9, 0.9, 0.3}, {0.6, 0.03, 0.5, 0.5, 0.6}, {1, 1, 1, -1, -1});
    const aha::loss_output out = dppo_loss{}(batch);
    out.loss.backward();
    EXPECT_EQ((tolerance{1e-5, 1e-6}.excess(batch.log_probs.grad(), at::tensor({0.0, -3.0, -5.0 / 9, 0.0, 2.0}))), "");
    EXPECT_EQ(out.sums.at("clip_ratio/region_mean").item<std::int64_t>(), 2);
}

TEST(dppo_loss, is_the_weighted_negative_log_prob) {
    const aha::policy_batch batch = moved({0.5, 0.01}, {0.6, 0.2}, {2, 1});
    EXPECT_NEAR(dppo_loss{}(batch).loss.item<double>(), -1.2 * 2 * std::log(0.6) - 20 * std::log(0.2), 1e-4);
    EXPECT_NEAR((dppo_loss{{.largest_weight = 5}}(batch).loss.item<double>()),
                -1.2 * 2 * std::log(0.6) - 5 * std::log(0.2), 1e-4);
}

TEST(dppo_loss, refuses_what_makes_no_sense) {
    EXPECT_THAT(complaint<dppo_loss>(aha::dppo_loss_options{.rise = 2}), HasSubstr("rise must be in [0, 1], not 2"));
    EXPECT_THAT(complaint<dppo_loss>(aha::dppo_loss_options{.fall = -1}), HasSubstr("fall"));
    EXPECT_THAT(complaint<dppo_loss>(aha::dppo_loss_options{.largest_weight = 0}), HasSubstr("largest_weight"));
    EXPECT_THAT(complaint<dppo_loss>(aha::dppo_loss_options{.beta = -1}), HasSubstr("beta"));
}

}  // namespace
