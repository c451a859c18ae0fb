#include <aha/core/state.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

aha::state example(double value) {
    aha::state s;
    s.tensors["m"] = at::full({2}, value);
    s.tensors["v"] = at::full({3}, value + 1);
    s.values = {{"step", value}};
    return s;
}

void expect_equal(const aha::state& a, const aha::state& b) {
    EXPECT_EQ(a.values, b.values);
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    for (const auto& [name, tensor] : a.tensors) EXPECT_TRUE(at::equal(tensor, b.tensors.at(name))) << name;
}

TEST(state, gives_back_each_part_that_was_put_in) {
    aha::state whole;
    whole.put("optimizer", example(1));
    whole.put("optimizer2", example(5));
    whole.tensors["weights"] = at::zeros({1});
    EXPECT_TRUE(whole.tensors.contains("optimizer/m"));
    EXPECT_EQ(whole.values["optimizer"]["step"], 1);
    expect_equal(whole.part("optimizer"), example(1));
    expect_equal(whole.part("optimizer2"), example(5));
}

TEST(state, parts_nest) {
    aha::state inner, outer;
    inner.put("a", example(1));
    inner.put("b", example(2));
    outer.put("trainer", inner);
    expect_equal(outer.part("trainer"), inner);
    expect_equal(outer.part("trainer").part("b"), example(2));
}

TEST(state, a_part_that_was_not_put_in_is_empty) {
    aha::state whole;
    whole.put("optimizer", example(1));
    for (const char* name : {"optim", "optimizer/m", "prompts", ""}) {
        EXPECT_TRUE(whole.part(name).tensors.empty()) << name;
        EXPECT_EQ(whole.part(name).values, nlohmann::json::object()) << name;
    }
}

}  // namespace
