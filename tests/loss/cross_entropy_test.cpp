#include <aha/loss/cross_entropy.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

TEST(cross_entropy, is_minus_the_log_prob_of_each_token) {
    at::Tensor log_probs = at::tensor({-0.25F, -3.0F}).requires_grad_(true);
    const at::Tensor loss = aha::cross_entropy{}(log_probs);
    loss.sum().backward();
    EXPECT_TRUE(at::equal(loss, at::tensor({0.25F, 3.0F})));
    EXPECT_TRUE(at::equal(log_probs.grad(), at::tensor({-1.0F, -1.0F})));
}

}  // namespace
