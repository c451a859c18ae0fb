#include <aha/loss/gspo_token_loss.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>

#include <aha/concepts/policy_loss.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

#include "tests/loss/policy_batches.hpp"

namespace {

using aha::test::batch_of;
using aha::testing::tolerance;

static_assert(aha::require_policy_loss<aha::gspo_token_loss>());

TEST(gspo_token_loss, has_the_value_of_the_completions_ratio_and_the_gradient_of_the_tokens_own) {
    const aha::policy_batch batch = batch_of({1.2, 1.25, 0.5}, {2, 1, -1}, {0.5, 0.25, 1}, {}, {0, 0, 1});
    const aha::loss_output output = aha::gspo_token_loss{{.clip_low = 0.3, .clip_high = 0.3}}(batch);
    const double s = std::sqrt(1.5);
    EXPECT_NEAR(output.loss.item<double>(), -(0.5 * 2 + 0.25 * 1) * s + 0.7, 1e-6);
    output.loss.backward();
    // -weight * advantage * ratio of each token alone
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(batch.log_probs.grad(), at::tensor({-s, -0.25 * s, 0.0}))), "");
    EXPECT_EQ(output.sums.at("clip_ratio/low_mean").item<double>(), 1);
}

TEST(gspo_token_loss, is_gspo_where_tokens_of_a_completion_have_one_advantage_and_weight) {
    const auto gradient = [](const auto& loss) {
        const aha::policy_batch batch =
            batch_of({1.3, 1.1, 0.5, 1.6, 0.4}, {2, 2, -1, -1, -1}, {0.5, 0.5, 0.25, 0.25, 0.25}, {}, {0, 0, 1, 1, 1});
        const at::Tensor value = loss(batch).loss;
        value.backward();
        return at::cat({value.detach().unsqueeze(0), batch.log_probs.grad()});
    };
    const aha::gspo_loss_options options{.clip_low = 0.4, .clip_high = 0.4};
    const at::Tensor token = gradient(aha::gspo_token_loss{options}), whole = gradient(aha::gspo_loss{options});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(token, whole)), "");
}

TEST(gspo_token_loss, the_gradient_agrees_with_differences_of_what_is_not_held_fixed) {
    const aha::policy_batch batch = batch_of({1.3, 1.1, 0.9}, {2, -1, 1}, {0.5, 1, 2}, {}, {0, 0, 1});
    const at::Tensor before = batch.log_probs.detach().clone();
    const at::Tensor s = at::tensor({std::sqrt(1.43), std::sqrt(1.43), 0.9}, at::kFloat);
    const aha::gspo_token_loss loss{{.clip_low = 0.9, .clip_high = 0.9}};
    // as printed, s is a constant times pi / (pi as it is now)
    const auto printed = aha::testing::gradcheck(
        [&] { return -((batch.log_probs - before).exp() * s * batch.advantages * batch.weights).sum(); },
        batch.log_probs);
    const auto ours = aha::testing::gradcheck([&] { return loss(batch).loss; }, batch.log_probs);
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(ours.automatic, printed.numeric)), "");
}

}  // namespace
