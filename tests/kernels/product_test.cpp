#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <string>

#include <aha/kernels/product.hpp>
#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;

/// Whether oneDNN has a layout for numbers of this type here.
bool has_layout(at::ScalarType type) {
#if defined(__x86_64__)
    if (type == at::kBFloat16)
        return __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
               __builtin_cpu_supports("avx512dq") != 0;
#endif
    return type == at::kFloat;
}

class product : public testing::TestWithParam<at::ScalarType> {};

TEST_P(product, with_and_without_a_layout_equals_the_definition) {
    at::manual_seed(2);
    for (const std::int64_t rows : {1, 3, 64, 130}) {
        const at::Tensor x = at::randn({rows, 48}).to(GetParam()), w = at::randn({70, 48}).to(GetParam());
        const at::Tensor exact = at::mm(x.to(at::kDouble), w.to(at::kDouble).t());
        const tolerance near = GetParam() == at::kFloat ? tolerance{2e-5, 2e-5} : tolerance{6e-2, 1e-2};
        const at::Tensor layout = aha::blocked(w);
        ASSERT_EQ(layout.defined(), has_layout(GetParam())) << "LibTorch's packages for the CPU have this operator";
        EXPECT_EQ(near.excess(aha::product(x, w, layout), exact), "");
        EXPECT_EQ(near.excess(aha::product(x, w, {}), exact), "");
        const at::Tensor g = at::randn({rows, 70}).to(GetParam());
        EXPECT_EQ(near.excess(aha::matmul_nn(g, w), at::mm(g.to(at::kDouble), w.to(at::kDouble))), "");
    }
}

TEST_P(product, a_layout_does_not_follow_its_weight) {
    const at::Tensor w = at::ones({32, 16}).to(GetParam()), x = at::ones({2, 16}).to(GetParam());
    const at::Tensor layout = aha::blocked(w);
    w.zero_();
    EXPECT_EQ(aha::product(x, w, layout).sum().item<float>(), has_layout(GetParam()) ? 2 * 32 * 16 : 0);
}

INSTANTIATE_TEST_SUITE_P(types, product, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& instance) { return std::string{c10::toString(instance.param)}; });

}  // namespace
