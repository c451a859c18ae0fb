#include <aha/core/parameters.hpp>

#include <ATen/ATen.h>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <torch/csrc/autograd/autograd.h>

namespace {

aha::parameters three() {
    return {{{"matrix", {3, 5}}, {"norm", {17}, false}, {"scalar", {}}}, at::TensorOptions{}.dtype(at::kFloat)};
}

TEST(parameters, leaves_have_the_shapes_and_names_of_their_slots) {
    const aha::parameters p = three();
    ASSERT_EQ(p.size(), 3U);
    EXPECT_EQ(p[0].sizes().vec(), (std::vector<std::int64_t>{3, 5}));
    EXPECT_EQ(p[2].dim(), 0);
    EXPECT_EQ(p.at(1).name, "norm");
    EXPECT_TRUE(p.at(0).decay);
    EXPECT_FALSE(p.at(1).decay);
    EXPECT_TRUE(p["norm"].is_same(p[1]));
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(p[i].is_leaf());
        EXPECT_TRUE(p[i].requires_grad());
        EXPECT_EQ(p[i].count_nonzero().item<std::int64_t>(), 0);
    }
    EXPECT_FALSE(p.values().requires_grad());
    EXPECT_THROW(p.at(3), std::out_of_range);
    try {
        p["nrom"];
        FAIL();
    } catch (const aha::error& e) {
        EXPECT_STREQ(e.what(), "no parameter is called \"nrom\"");
    }
}

TEST(parameters, leaves_and_gradients_view_the_flat_buffers) {
    const aha::parameters p = three();
    const at::NoGradGuard no_gradients;
    p.values().copy_(at::arange(p.values().numel()));
    EXPECT_EQ(p[0][2][4].item<float>(), 14);
    EXPECT_EQ(p[1][0].item<float>(), 16);  // the next line of 16 floats
    EXPECT_EQ(p[2].item<float>(), 48);     // 17 floats take two lines
    p["norm"].fill_(-1);
    EXPECT_EQ(p.values()[32].item<float>(), -1);
    EXPECT_EQ(p.values()[33].item<float>(), 33);  // the gap is nobody's
    EXPECT_EQ(p.gradients().numel(), p.values().numel());
    p.gradients().copy_(at::arange(p.gradients().numel()));
    EXPECT_EQ(p[1].grad()[16].item<float>(), 32);
    p.zero_gradients();
    EXPECT_EQ(p[1].grad().count_nonzero().item<std::int64_t>(), 0);
}

TEST(parameters, every_slice_starts_on_a_line_of_64_bytes) {
    const aha::parameters p = three();
    EXPECT_EQ(p.values().numel(), 16 + 32 + 16);
    for (std::size_t i = 0; i < p.size(); ++i) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p[i].const_data_ptr<float>()) % 64, 0U);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p[i].grad().const_data_ptr<float>()) % 64, 0U);
    }
}

TEST(parameters, backward_adds_to_the_flat_gradients) {
    const aha::parameters p = three();
    for (const double factor : {2.0, 3.0})
        torch::autograd::backward({(factor * p["norm"]).sum() + factor * p["scalar"]}, {});
    EXPECT_TRUE(at::equal(p.gradients().slice(0, 16, 33), at::full({17}, 5.0F)));
    EXPECT_EQ(p.gradients()[48].item<float>(), 5);
    EXPECT_EQ(p.gradients().sum().item<float>(), 18 * 5);  // nothing elsewhere
    p.zero_gradients();
    torch::autograd::backward({p["scalar"] * 7}, {});
    EXPECT_EQ(p.gradients()[48].item<float>(), 7);  // still the same memory
}

TEST(parameters, slice_finds_a_parameter_in_any_buffer_of_the_layout) {
    const aha::parameters p = three();
    const at::Tensor moments = at::arange(p.values().numel()).to(at::kDouble);
    EXPECT_EQ(p.slice(moments, 0).sizes().vec(), (std::vector<std::int64_t>{3, 5}));
    EXPECT_EQ(p.slice(moments, 2).item<double>(), 48);
    p.slice(moments, 1).zero_();
    EXPECT_EQ(moments[16].item<double>(), 0);
}

TEST(parameters, of_nothing_are_empty) {
    const aha::parameters p{{}, at::TensorOptions{}.dtype(at::kFloat)};
    EXPECT_EQ(p.size(), 0U);
    EXPECT_EQ(p.values().numel(), 0);
}

TEST(parameters, a_part_is_in_the_same_memory) {
    const aha::parameters all{{{"a", {3, 5}}, {"b", {7}, false}, {"c", {2, 2}}}, at::kFloat};
    const aha::parameters part = all.part(1, 3);
    ASSERT_EQ(part.size(), 2U);
    EXPECT_EQ(part.at(0).name, "b");
    EXPECT_FALSE(part.at(0).decay);
    EXPECT_EQ(all.offset(0), 0);
    EXPECT_EQ(part.values().numel(), all.offset(3) - all.offset(1));
    EXPECT_EQ(all.offset(3), all.values().numel());
    part.values().fill_(2);
    part.slice(part.gradients(), 1).fill_(3);
    EXPECT_EQ(all["a"].sum().item<float>(), 0);
    EXPECT_EQ(all["b"].sum().item<float>(), 14);
    EXPECT_EQ(all["c"].grad().sum().item<float>(), 12);
    EXPECT_EQ(all.part(2, 2).size(), 0U);
}

}  // namespace
