#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <aha/loss/clipped_surrogate.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;

constexpr double low = 0.2, high = 0.28;

/// Ratio, advantage, min(ratio A, clip(ratio) A) worked by hand, and its slope in the ratio.
struct row {
    double ratio, advantage, value, slope;
};

const std::vector<row> table{
    {0.5, 2.0, 1.0, 2.0},     // fell, though good: must come back, no clip below
    {0.5, -2.0, -1.6, 0.0},   // fell enough, and bad: held at 1 - 0.2
    {0.9, 2.0, 1.8, 2.0},     // inside
    {1.1, -2.0, -2.2, -2.0},  // inside
    {1.24, 2.0, 2.48, 2.0},   // between 1 + low and 1 + high: still inside
    {0.76, -2.0, -1.6, 0.0},  // between 1 - high and 1 - low: already outside
    {1.5, 2.0, 2.56, 0.0},    // rose enough: held at 1 + 0.28
    {1.5, -2.0, -3.0, -2.0},  // rose, though bad: no clip above
    {0.5, 0.0, 0.0, 0.0},    {1.5, 0.0, 0.0, 0.0},
};

at::Tensor column(double row::*member) {
    std::vector<double> values;
    for (const row& r : table) values.push_back(r.*member);
    return at::tensor(values, at::kFloat);
}

TEST(clipped_surrogate, values_and_slopes_are_those_worked_by_hand) {
    const at::Tensor ratio = column(&row::ratio).requires_grad_(true), advantages = column(&row::advantage);
    const at::Tensor value = aha::clipped_surrogate(ratio, advantages, low, high);
    EXPECT_EQ((tolerance{1e-6, 0}.excess(value, column(&row::value))), "");
    torch::autograd::backward({value.sum()}, {});
    EXPECT_EQ((tolerance{1e-6, 0}.excess(ratio.grad(), column(&row::slope))), "");
}

TEST(clipped_surrogate, a_cap_holds_tokens_of_negative_advantage_that_rose_and_no_others) {
    const at::Tensor ratio = at::tensor({2.9F, 3.5F, 3.5F, 0.5F}).requires_grad_(true);
    const at::Tensor advantages = at::tensor({-2.0F, -2.0F, 2.0F, 2.0F});
    const at::Tensor value = aha::clipped_surrogate(ratio, advantages, low, high, 3);
    EXPECT_EQ((tolerance{1e-6, 0}.excess(value, at::tensor({-5.8, -6.0, 2.56, 1.0}))), "");
    torch::autograd::backward({value.sum()}, {});
    EXPECT_EQ((tolerance{1e-6, 0}.excess(ratio.grad(), at::tensor({-2.0, 0.0, 0.0, 2.0}))), "");
}

TEST(clipped_surrogate, the_gradient_flows_just_inside_each_edge_and_stops_just_outside) {
    const double hair = 1e-3;
    const at::Tensor ratio =
        at::tensor({1 - low + hair, 1 - low - hair, 1 + high - hair, 1 + high + hair}, at::kFloat).requires_grad_(true);
    const at::Tensor advantages = at::tensor({-1.0F, -1.0F, 1.0F, 1.0F});
    torch::autograd::backward({aha::clipped_surrogate(ratio, advantages, low, high).sum()}, {});
    EXPECT_TRUE(ratio.grad().equal(at::tensor({-1.0F, 0.0F, 1.0F, 0.0F}))) << ratio.grad();
}

TEST(clipped_surrogate, autograd_agrees_with_differences) {
    const at::Tensor ratio = column(&row::ratio).requires_grad_(true), advantages = column(&row::advantage);
    const auto gradients = aha::testing::gradcheck([&] { return aha::clipped_surrogate(ratio, advantages, low, high); },
                                                   ratio, {.step = 0x1p-7});
    EXPECT_EQ((tolerance{2e-4, 2e-4}.excess(gradients.automatic, gradients.numeric)), "");
}

}  // namespace
