#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/token_kl.hpp>

#include "tests/advantage/groups_of.hpp"

namespace {

using aha::kl_estimator;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Pointwise;

TEST(token_kl, is_the_estimate_at_each_token) {
    const aha::completion c = aha::test::group_of({{{0.5, -2, 0}, 0}}).completions[0];
    EXPECT_THAT(aha::token_kl(c, kl_estimator::k1), Pointwise(DoubleNear(1e-6), {0.5, -2.0, 0.0}));
    EXPECT_THAT(aha::token_kl(c, kl_estimator::k2), Pointwise(DoubleNear(1e-6), {0.125, 2.0, 0.0}));
    const std::vector<double> k3{std::exp(-0.5) + 0.5 - 1, std::exp(2.0) - 2 - 1, 0.0};
    EXPECT_THAT(aha::token_kl(c, kl_estimator::k3), Pointwise(DoubleNear(1e-6), k3));
    EXPECT_THAT(aha::token_kl(c, kl_estimator::unbiased), Pointwise(DoubleNear(1e-6), k3));
}

TEST(token_kl, refuses_a_completion_without_the_references_log_probs) {
    aha::completion c = aha::test::group_of({{{0.5, -2}, 0}}).completions[0];
    c.ref_log_probs.clear();
    try {
        aha::token_kl(c, kl_estimator::k1);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const aha::error& e) {
        EXPECT_THAT(e.what(), HasSubstr("2 tokens has 2 log-probs of its sampler and 0 of the reference"));
    }
}

}  // namespace
