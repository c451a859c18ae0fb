#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;

TEST(gradcheck, agrees_on_a_right_gradient_and_shows_a_wrong_one) {
    const at::Tensor x = at::tensor({0.5F, -1.0F, 2.0F}).requires_grad_(true);
    const auto right = aha::testing::gradcheck([&] { return x.sin() * x; }, x);
    EXPECT_EQ((tolerance{1e-4, 1e-4}.excess(right.automatic, right.numeric)), "");
    // detach hides a factor from autograd but not from differences
    const auto wrong = aha::testing::gradcheck([&] { return x.sin() * x.detach(); }, x);
    EXPECT_NE((tolerance{1e-4, 1e-4}.excess(wrong.automatic, wrong.numeric)), "");
}

TEST(gradcheck, tells_terms_apart_whose_gradients_cancel_in_a_plain_sum) {
    const at::Tensor x = at::tensor({0.5F, -1.0F, 2.0F}).requires_grad_(true);
    const auto gradients = aha::testing::gradcheck([&] { return at::softmax(x, 0); }, x);
    EXPECT_GT(gradients.numeric.abs().max().item<double>(), 0.01);
    EXPECT_EQ((tolerance{1e-4, 1e-4}.excess(gradients.automatic, gradients.numeric)), "");
}

TEST(gradcheck, leaves_the_leaf_and_its_gradient_as_they_were) {
    const at::Tensor x = at::tensor({0.1F, 0.2F, 0.3F}).requires_grad_(true);
    const at::Tensor before = x.detach().clone(), gradient = at::ones({3});
    x.mutable_grad() = gradient;
    aha::testing::gradcheck([&] { return x * x; }, x);
    EXPECT_TRUE(x.equal(before));
    EXPECT_TRUE(x.grad().is_same(gradient));
    EXPECT_TRUE(gradient.eq(1).all().item<bool>());
}

TEST(gradcheck, refuses_what_is_no_leaf) {
    const at::Tensor x = at::ones({3});
    EXPECT_THROW(aha::testing::gradcheck([&] { return x * x; }, x), aha::error);
}

}  // namespace
