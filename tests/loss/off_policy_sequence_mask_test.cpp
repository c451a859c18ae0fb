#include <aha/loss/off_policy_sequence_mask.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::grpo_loss;
using aha::off_policy_sequence_mask;
using aha::test::batch_of;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_policy_loss<off_policy_sequence_mask<grpo_loss>>());

TEST(off_policy_sequence_mask, leaves_out_bad_completions_that_the_policy_has_left) {
    // Mean log(pi_old / pi) of the completions: log 4 / 2, log 4 / 2, 0.
    const aha::policy_batch batch =
        batch_of({0.25, 1, 0.25, 1, 1, 1}, {-1, -1, 1, 1, -1, -1}, {1, 1, 1, 1, 1, 1}, {}, {0, 0, 1, 1, 2, 2});
    const off_policy_sequence_mask masked{grpo_loss{}, 0.5};
    const aha::loss_output out = masked(batch);
    out.loss.backward();
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({0.0, 0.0, -0.25, -1.0, 1.0, 1.0}))),
              "");
    EXPECT_EQ(out.sums.at("off_policy_masked").item<std::int64_t>(), 2);
    const off_policy_sequence_mask patient{grpo_loss{}, 0.7};
    EXPECT_EQ(patient(batch).sums.at("off_policy_masked").item<std::int64_t>(), 0);
}

TEST(off_policy_sequence_mask, asks_for_what_the_other_loss_asks) {
    const off_policy_sequence_mask plain{grpo_loss{}, 0.5}, with{grpo_loss{{.beta = 0.1, .entropy_bonus = 0.1}}, 0.5};
    EXPECT_FALSE(plain.needs_reference());
    EXPECT_FALSE(plain.needs_entropy());
    EXPECT_TRUE(plain.ignores_zero_advantage());
    EXPECT_TRUE(with.needs_reference());
    EXPECT_TRUE(with.needs_entropy());
    EXPECT_FALSE(with.ignores_zero_advantage());
    EXPECT_THAT(aha::test::complaint([] { off_policy_sequence_mask{grpo_loss{}, -1}; }), HasSubstr("not -1"));
}

}  // namespace
