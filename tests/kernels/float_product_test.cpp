#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <aha/kernels/float_product.hpp>
#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;

class float_product : public testing::TestWithParam<at::ScalarType> {};

TEST_P(float_product, rounds_no_result_to_the_type_of_its_operands) {
    at::manual_seed(2);
    for (const std::int64_t width : {48, 576, 33})
        for (const std::int64_t rows : {1, 3, 64, 130}) {
            const at::Tensor x = at::randn({rows, width}).to(GetParam()), w = at::randn({199, width}).to(GetParam());
            const at::Tensor exact = at::mm(x.to(at::kDouble), w.to(at::kDouble).t());
            const tolerance near{1e-4, 1e-5};  // bfloat16 results would be off by 0.1
            for (const at::Tensor& layout : {aha::blocked_in_float(w), at::Tensor{}}) {
                const at::Tensor result = aha::product_in_float(x, w, layout);
                EXPECT_EQ(result.scalar_type(), at::kFloat);
                EXPECT_EQ(near.excess(result, exact), "") << rows << " rows of " << width;
            }
        }
}

TEST_P(float_product, takes_the_layout_of_plain_products_too) {
    at::manual_seed(3);
    const at::Tensor x = at::randn({5, 32}).to(GetParam()), w = at::randn({70, 32}).to(GetParam());
    const at::Tensor result = aha::product_in_float(x, w, aha::blocked(w));
    EXPECT_EQ(result.scalar_type(), at::kFloat);
    EXPECT_EQ((tolerance{0.1, 1e-2}.excess(result, at::mm(x.to(at::kDouble), w.to(at::kDouble).t()))), "");
}

TEST_P(float_product, a_layout_does_not_follow_its_weight) {
    const at::Tensor w = at::ones({32, 16}).to(GetParam()), x = at::ones({2, 16}).to(GetParam());
    const at::Tensor layout = aha::blocked_in_float(w);
    w.zero_();
    EXPECT_EQ(aha::product_in_float(x, w, layout).sum().item<float>(), 2 * 32 * 16);
}

INSTANTIATE_TEST_SUITE_P(types, float_product, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& instance) { return std::string{c10::toString(instance.param)}; });

TEST(paired_rows, stand_two_numbers_of_a_row_beside_each_other) {
    const at::Tensor w = at::arange(70 * 4, at::kFloat).view({70, 4}).to(at::kBFloat16);
    const at::Tensor laid_out = aha::detail::paired_rows(w);
    ASSERT_EQ(laid_out.sizes(), (at::IntArrayRef{2, 2, 64, 2}));
    for (const std::int64_t row : {0, 63, 64, 69})
        for (const std::int64_t k : {0, 1, 2, 3})
            EXPECT_EQ(laid_out[row / 64][k / 2][row % 64][k % 2].item<float>(), w[row][k].item<float>());
    EXPECT_TRUE(laid_out[1].narrow(1, 6, 58).eq(0).all().item<bool>());
}

}  // namespace
