#include <aha/loss/sapo_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::sapo_loss_options;
using aha::test::batch_of;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<aha::sapo_loss>());

TEST(sapo_loss, is_a_sigmoid_of_the_ratio_whose_temperature_depends_on_the_advantages_sign) {
    const aha::policy_batch batch = batch_of({2, 0.5}, {3, -1}, {0.5, 0.25});
    const aha::loss_output output = aha::sapo_loss{{.temperature_positive = 2, .temperature_negative = 4}}(batch);
    const double first = 4.0 / 2 / (1 + std::exp(-2.0)), second = 4.0 / 4 / (1 + std::exp(2.0));
    EXPECT_NEAR(output.loss.item<double>(), -0.5 * 3 * first + 0.25 * second, 1e-6);
    EXPECT_TRUE(output.sums.empty());
}

TEST(sapo_loss, at_ratio_one_its_gradient_is_that_of_the_plain_surrogate) {
    const aha::policy_batch batch = batch_of({1, 1, 1}, {3, -1, 0}, {0.5, 0.25, 1});
    aha::sapo_loss{}(batch).loss.backward();
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-1.5, 0.25, 0.0}))), "");
}

TEST(sapo_loss, the_gradient_fades_on_both_sides_and_faster_for_negative_advantages) {
    // per unit of ratio: the gradient with respect to log_prob is -gate * ratio * advantage
    const auto gate = [](double ratio, double advantage) {
        const aha::policy_batch batch = batch_of({ratio}, {advantage}, {1});
        aha::sapo_loss{{.temperature_positive = 1, .temperature_negative = 2}}(batch).loss.backward();
        return -batch.log_probs.grad().item<double>() / ratio / advantage;
    };
    EXPECT_NEAR(gate(1, 1), 1, 1e-6);
    EXPECT_NEAR(gate(3, 1), 4 / ((1 + std::exp(2.0)) * (1 + std::exp(-2.0))), 1e-6);
    EXPECT_LT(gate(3, -1), gate(3, 1));
    EXPECT_LT(gate(0.1, 1), 1);
}

TEST(sapo_loss, the_gradient_agrees_with_differences) {
    const aha::policy_batch batch =
        batch_of({1, 1.1, 0.5, 1.6, 0.5, 1.6}, {2, -1, -2, 3, 1, 0}, {0.5, 1, 1, 1, 2, 1}, {1.5, 0.8, 2, 0.5, 1, 1.2});
    const aha::sapo_loss loss{{.beta = 0.3}};
    const auto gradients = aha::testing::gradcheck([&] { return loss(batch).loss; }, batch.log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(gradients.automatic, gradients.numeric)), "");
}

TEST(sapo_loss, refuses_options_that_make_no_sense) {
    const auto says = complaint<aha::sapo_loss, sapo_loss_options>;
    EXPECT_THAT(says({.temperature_positive = 0}), HasSubstr("temperature_positive must be positive, not 0"));
    EXPECT_THAT(says({.temperature_negative = -1}), HasSubstr("temperature_negative must be positive, not -1"));
    EXPECT_THAT(says({.entropy_bonus = -1}), HasSubstr("entropy_bonus must be 0 or more, not -1"));
}

}  // namespace
