// A token whose probability has changed by many orders of magnitude is a fact of long runs; the loss, its metrics and
// its gradient stay numbers, and other tokens keep theirs.
#include <aha/loss/clipped_surrogate.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <aha/advantage/token_kl.hpp>
#include <aha/loss/cispo_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/loss/gspo_loss.hpp>
#include <aha/loss/gspo_token_loss.hpp>
#include <aha/loss/reinforce_loss.hpp>
#include <aha/loss/sapo_loss.hpp>
#include <aha/loss/sequence_ratio_loss.hpp>

namespace {

/// Four tokens, each a completion: two with log-ratios of +-`far` to the old and of -+`far` to the reference, two with
/// none. Advantages of both signs, and 0.
aha::policy_batch batch_of(double far, double advantage) {
    aha::policy_batch batch;
    const at::Tensor off = at::tensor({far, -far, 0.0, 0.0}, at::kFloat);
    batch.log_probs = at::full({4}, -1.0F).requires_grad_(true);
    batch.old_log_probs = batch.log_probs.detach() - off;
    batch.ref_log_probs = batch.log_probs.detach() + off;
    batch.advantages = at::full({4}, static_cast<float>(advantage));
    batch.weights = at::full({4}, 0.25F);
    batch.sequence = at::arange(4, at::kLong);
    batch.sequences = 4;
    return batch;
}

template <class Loss>
void expect_numbers(const Loss& loss, const std::string& name) {
    for (const double far : {30.0, 100.0, 1000.0})
        for (const double advantage : {-1.5, 0.0, 2.0}) {
            const aha::policy_batch batch = batch_of(far, advantage);
            const aha::loss_output out = loss(batch);
            out.loss.backward();
            const std::string here = name + ", " + std::to_string(far) + ", " + std::to_string(advantage);
            EXPECT_TRUE(std::isfinite(out.loss.item<double>())) << here;
            for (const std::pair<const std::string, at::Tensor>& sum : out.sums)
                EXPECT_TRUE(std::isfinite(sum.second.item<double>())) << here << sum.first;
            const at::Tensor gradient = batch.log_probs.grad();
            EXPECT_TRUE(std::isfinite(gradient.norm().item<float>())) << here;  // squares too are numbers of float32
            // The tokens that have not moved learn as they do alone.
            const aha::policy_batch near = batch_of(0, advantage);
            loss(near).loss.backward();
            EXPECT_TRUE(at::allclose(gradient.slice(0, 2), near.log_probs.grad().slice(0, 2))) << here;
        }
}

TEST(bounded_ratio, every_loss_and_estimator_stays_a_number) {
    for (const aha::kl_estimator kl :
         {aha::kl_estimator::k1, aha::kl_estimator::k2, aha::kl_estimator::k3, aha::kl_estimator::unbiased}) {
        const std::string with = " with estimator " + std::to_string(static_cast<int>(kl));
        expect_numbers(aha::grpo_loss{{.beta = 0.04, .kl = kl}}, "grpo" + with);
        expect_numbers(aha::grpo_loss{{.dual_clip = 3, .beta = 0.04, .kl = kl}}, "dual clip" + with);
        expect_numbers(aha::gspo_loss{{.beta = 0.04, .kl = kl}}, "gspo" + with);
        expect_numbers(aha::gspo_token_loss{{.beta = 0.04, .kl = kl}}, "gspo_token" + with);
        expect_numbers(aha::cispo_loss{{.beta = 0.04, .kl = kl}}, "cispo" + with);
        expect_numbers(aha::sapo_loss{{.beta = 0.04, .kl = kl}}, "sapo" + with);
        expect_numbers(aha::reinforce_loss{{.beta = 0.04, .kl = kl}}, "reinforce" + with);
        expect_numbers(aha::sequence_ratio_loss{{.beta = 0.04, .kl = kl}}, "sequence_ratio" + with);
    }
}

TEST(bounded_ratio, is_the_ratio_within_the_bound_and_constant_beyond) {
    const at::Tensor x = at::tensor({-1000.0, -19.0, -0.5, 0.0, 3.0, 19.5, 25.0}, at::kFloat).requires_grad_(true);
    const at::Tensor ratio = aha::bounded_ratio(x);
    ratio.sum().backward();
    for (const int inside : {1, 2, 3, 4, 5}) {
        EXPECT_EQ(ratio[inside].item<float>(), x[inside].exp().item<float>());
        EXPECT_EQ(x.grad()[inside].item<float>(), x[inside].exp().item<float>());
    }
    EXPECT_FLOAT_EQ(ratio[6].item<float>(), std::exp(20.0F));
    EXPECT_FLOAT_EQ(ratio[0].item<float>(), std::exp(-20.0F));
    EXPECT_EQ(x.grad()[6].item<float>(), 0);
    EXPECT_EQ(x.grad()[0].item<float>(), 0);
}

TEST(bounded_ratio, divergences_in_rewards_stay_numbers) {
    aha::completion c;
    c.ids = {1, 2};
    c.behavior_log_probs = {-2000, -1};
    c.ref_log_probs = {-1, -2000};
    for (const double kl : aha::token_kl(c, aha::kl_estimator::k3)) EXPECT_LT(kl, 1e9);
}

}  // namespace
