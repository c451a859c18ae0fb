#include <aha/loss/sequence_totals.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

TEST(sequence_totals, gives_every_token_the_sum_of_its_completion) {
    aha::policy_batch batch;
    batch.sequence = at::tensor({0, 0, 1, 2, 2, 2}, at::kLong);
    batch.sequences = 3;
    const at::Tensor values = at::tensor({1.0F, 2.0F, -4.0F, 8.0F, 16.0F, 32.0F}).requires_grad_(true);
    const at::Tensor totals = aha::sequence_totals(values, batch);
    EXPECT_TRUE(at::equal(totals, at::tensor({3.0F, 3.0F, -4.0F, 56.0F, 56.0F, 56.0F})));
    (totals * at::tensor({1.0F, 2.0F, 4.0F, 8.0F, 16.0F, 32.0F})).sum().backward();
    EXPECT_TRUE(at::equal(values.grad(), at::tensor({3.0F, 3.0F, 4.0F, 56.0F, 56.0F, 56.0F})));
}

TEST(sequence_totals, refuses_a_batch_that_does_not_say_which_token_is_whose) {
    try {
        aha::sequence_totals(at::ones({2}), aha::policy_batch{});
        ADD_FAILURE() << "nothing was thrown";
    } catch (const aha::error& e) {
        EXPECT_THAT(e.what(), testing::HasSubstr("which token is whose"));
    }
}

}  // namespace
