#include <aha/loss/vespo_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::vespo_loss;
using aha::test::batch_of;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<vespo_loss>());

double gate(double ratio, double power, double decay) { return std::pow(ratio, power) * std::exp(decay * (1 - ratio)); }

TEST(vespo_loss, weighs_tokens_by_their_completions_ratio) {
    const aha::policy_batch batch =
        batch_of({1.5, 0.5, 2, 1}, {1, 1, -1, -1}, {1, 1, 1, 1}, {}, {0, 0, 1, 1});  // ratios 0.75 and 2
    const aha::loss_output out = vespo_loss{}(batch);
    out.loss.backward();
    const double good = gate(0.75, 2, 3), bad = gate(2, 3, 2);
    EXPECT_EQ((tolerance{1e-5, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-good, -good, bad, bad}))), "");
    EXPECT_NEAR(out.sums.at("vespo/weight_mean").item<double>(), 2 * good + 2 * bad, 1e-5);
}

TEST(vespo_loss, is_plain_policy_gradient_on_policy) {
    const aha::policy_batch batch = batch_of({1, 1}, {2, -1}, {1, 1}, {}, {0, 1});
    vespo_loss{}(batch).loss.backward();
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-2.0, 1.0}))), "");
}

TEST(vespo_loss, stays_finite) {
    const aha::policy_batch batch = batch_of({1e30, 1e-30}, {1, 1}, {1, 1}, {}, {0, 1});
    EXPECT_TRUE(std::isfinite(vespo_loss{}(batch).loss.item<double>()));
}

TEST(vespo_loss, refuses_what_makes_no_sense) {
    EXPECT_THAT(complaint<vespo_loss>(aha::vespo_loss_options{.positive = {.power = -1}}), HasSubstr("power"));
    EXPECT_THAT(complaint<vespo_loss>(aha::vespo_loss_options{.negative = {.decay = NAN}}), HasSubstr("decay"));
}

}  // namespace
