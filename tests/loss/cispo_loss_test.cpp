#include <aha/loss/cispo_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::cispo_cap;
using aha::cispo_loss_options;
using aha::cispo_range;
using aha::test::batch_of;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<aha::cispo_loss>());

/// The weights that the loss gives tokens of these ratios, read off its gradient.
at::Tensor weights_of(const cispo_loss_options& options, const std::vector<double>& ratios) {
    const std::vector<double> ones(ratios.size(), 1.0);
    const aha::policy_batch batch = batch_of(ratios, ones, ones);
    aha::cispo_loss{options}(batch).loss.backward();
    return -batch.log_probs.grad();
}

TEST(cispo_loss, a_cap_is_the_largest_weight_itself) {
    const at::Tensor weights = weights_of({.bound = cispo_cap{1.5}}, {0.1, 1, 1.4, 1.6, 3});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(weights, at::tensor({0.1, 1.0, 1.4, 1.5, 1.5}))), "");
}

TEST(cispo_loss, a_range_is_distances_from_one) {
    const at::Tensor weights = weights_of({.bound = cispo_range{.low = 0.2, .high = 1.5}}, {0.1, 1, 1.6, 2.4, 3});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(weights, at::tensor({0.8, 1.0, 1.6, 2.4, 2.5}))), "");
    const at::Tensor open = weights_of({.bound = cispo_range{.low = 1, .high = 1.5}}, {0.1});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(open, at::tensor({0.1}))), "");
}

TEST(cispo_loss, by_default_weights_go_up_to_five) {
    EXPECT_EQ((tolerance{1e-5, 1e-6}.excess(weights_of({}, {0.01, 4.9, 7}), at::tensor({0.01, 4.9, 5.0}))), "");
}

TEST(cispo_loss, is_the_weighted_negative_log_prob_and_no_token_loses_its_gradient) {
    const aha::policy_batch batch = batch_of({1, 8}, {2, -1}, {0.5, 0.25});  // log_probs -0.5, -3 + log 8
    const aha::loss_output output = aha::cispo_loss{}(batch);
    EXPECT_NEAR(output.loss.item<double>(), 0.5 * 2 * 0.5 - 0.25 * 5 * (3 - std::log(8.0)), 1e-6);
    output.loss.backward();
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-1.0, 1.25}))), "");
}

TEST(cispo_loss, counts_tokens_of_positive_advantage_at_the_upper_bound) {
    const aha::policy_batch batch = batch_of({6, 6, 6, 4}, {1, -1, 0, 1}, {1, 1, 1, 1});
    const auto sums = aha::cispo_loss{}(batch).sums;
    EXPECT_EQ(sums.at("cispo_clip_ratio").item<double>(), 1);
    EXPECT_EQ(sums.size(), 1U);
}

TEST(cispo_loss, the_gradient_agrees_with_differences_of_what_is_not_held_fixed) {
    const aha::policy_batch batch = batch_of({0.5, 1.2, 7}, {2, -1, 1}, {0.5, 1, 2}, {1.5, 0.8, 2});
    const at::Tensor weight = at::tensor({0.5F, 1.2F, 5.0F});
    const aha::cispo_loss loss{{.beta = 0.3}};
    const auto printed = aha::testing::gradcheck(
        [&] {
            const at::Tensor kl = aha::kl_k3(batch.log_probs, batch.ref_log_probs);
            return ((-weight * batch.advantages * batch.log_probs + 0.3 * kl) * batch.weights).sum();
        },
        batch.log_probs);
    const auto ours = aha::testing::gradcheck([&] { return loss(batch).loss; }, batch.log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(ours.automatic, printed.numeric)), "");
}

TEST(cispo_loss, refuses_options_that_make_no_sense) {
    const auto says = complaint<aha::cispo_loss, cispo_loss_options>;
    EXPECT_THAT(says({.bound = cispo_cap{0}}), HasSubstr("cispo_cap's largest must be positive, not 0"));
    EXPECT_THAT(says({.bound = cispo_range{.low = 2}}), HasSubstr("cispo_range's low must be in [0, 1], not 2"));
    EXPECT_THAT(says({.bound = cispo_range{.high = -1}}), HasSubstr("cispo_range's high must be 0 or more, not -1"));
    EXPECT_THAT(says({.beta = -1}), HasSubstr("beta must be 0 or more, not -1"));
}

}  // namespace
