#include <aha/loss/dft.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

TEST(dft, value_and_gradient_are_those_of_the_formula) {
    at::Tensor log_probs = at::tensor({-0.1F, -2.0F, 0.0F}).requires_grad_(true);
    const at::Tensor loss = aha::dft{}(log_probs);
    loss.sum().backward();
    for (const int i : {0, 1, 2}) {
        const double y = log_probs[i].item<double>(), p = std::exp(y);
        EXPECT_NEAR(loss[i].item<double>(), -p * y, 1e-6);
        EXPECT_NEAR(log_probs.grad()[i].item<double>(), -p, 1e-6) << "the probability is a constant";
    }
}

}  // namespace
