#include <aha/loss/regularized_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::kl_estimator;
using aha::test::batch_of;
using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

struct no_loss_options {
    double beta = 0;
    kl_estimator kl = kl_estimator::k3;
    double entropy_bonus = 0;
    void validate() const {}
};

/// Nothing but what all losses share.
struct no_loss : aha::regularized_loss<no_loss_options> {
    explicit no_loss(no_loss_options options = {}) : regularized_loss{options} {}
    aha::loss_output operator()(const aha::policy_batch& batch) const { return finish(0 * batch.log_probs, batch); }
};

static_assert(aha::require_policy_loss<no_loss>() && aha::loss_says_whether_it_needs_entropy<no_loss>);

aha::policy_batch some_batch() {
    aha::policy_batch batch = batch_of({2, 0.5}, {1, -1}, {0.5, 0.25}, {2, 0.25});
    batch.entropies = at::tensor({1.5F, 0.25F}).requires_grad_(true);
    return batch;
}

TEST(regularized_loss, adds_beta_times_the_weighted_estimate) {
    const double d0 = std::log(0.5), d1 = std::log(4.0);  // log(pi / pi_ref)
    const double k3[] = {2 + d0 - 1, 0.25 + d1 - 1};
    const auto check = [](kl_estimator kl, double first, double second) {
        const aha::policy_batch batch = some_batch();
        const aha::loss_output output = no_loss{{.beta = 0.4, .kl = kl}}(batch);
        EXPECT_NEAR(output.loss.item<double>(), 0.4 * (0.5 * first + 0.25 * second), 1e-6);
        EXPECT_NEAR(output.sums.at("kl").item<double>(), first + second, 1e-6);
        EXPECT_FALSE(output.sums.at("kl").requires_grad());
        EXPECT_EQ(output.sums.size(), 1U);
    };
    check(kl_estimator::k1, d0, d1);
    check(kl_estimator::k2, d0 * d0 / 2, d1 * d1 / 2);
    check(kl_estimator::k3, k3[0], k3[1]);
    check(kl_estimator::unbiased, 2 * k3[0], 0.5 * k3[1]);
}

TEST(regularized_loss, takes_the_bonus_times_the_weighted_entropy_off) {
    const aha::policy_batch batch = some_batch();
    const aha::loss_output output = no_loss{{.entropy_bonus = 0.1}}(batch);
    EXPECT_NEAR(output.loss.item<double>(), -0.1 * (0.5 * 1.5 + 0.25 * 0.25), 1e-7);
    EXPECT_NEAR(output.sums.at("policy_entropy").item<double>(), 1.75, 1e-7);
    EXPECT_FALSE(output.sums.at("policy_entropy").requires_grad());
    EXPECT_EQ(output.sums.size(), 1U);
    output.loss.backward();
    EXPECT_EQ((tolerance{1e-7, 1e-7}.excess(batch.entropies.grad(), at::tensor({-0.05, -0.025}))), "");
}

TEST(regularized_loss, says_what_it_reads_and_what_it_moves) {
    const no_loss plain, with_kl{{.beta = 0.1}}, with_bonus{{.entropy_bonus = 0.1}};
    EXPECT_TRUE(!plain.needs_reference() && !plain.needs_entropy() && plain.ignores_zero_advantage());
    EXPECT_TRUE(with_kl.needs_reference() && !with_kl.needs_entropy() && !with_kl.ignores_zero_advantage());
    EXPECT_TRUE(!with_bonus.needs_reference() && with_bonus.needs_entropy() && !with_bonus.ignores_zero_advantage());
    EXPECT_TRUE(plain(batch_of({2}, {1}, {1})).sums.empty());
}

TEST(regularized_loss, refuses_a_batch_without_entropies_and_numbers_that_make_no_sense) {
    try {
        no_loss{{.entropy_bonus = 0.1}}(batch_of({2}, {1}, {1}));
        ADD_FAILURE() << "nothing was thrown";
    } catch (const aha::error& e) {
        EXPECT_THAT(e.what(), HasSubstr("needs the batch's entropies"));
    }
    EXPECT_THAT(complaint<no_loss>(no_loss_options{.beta = -1}), HasSubstr("beta must be 0 or more, not -1"));
    EXPECT_THAT(complaint<no_loss>(no_loss_options{.beta = NAN}), HasSubstr("beta must be 0 or more, not nan"));
    EXPECT_THAT(complaint<no_loss>(no_loss_options{.entropy_bonus = -0.5}),
                HasSubstr("entropy_bonus must be 0 or more, not -0.5"));
    EXPECT_THAT(complaint<no_loss>(no_loss_options{.entropy_bonus = INFINITY}),
                HasSubstr("entropy_bonus must be 0 or more, not inf"));
}

}  // namespace
