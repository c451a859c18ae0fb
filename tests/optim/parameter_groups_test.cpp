#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include <aha/optim/adamw.hpp>
#include <aha/optim/freeze.hpp>
#include <aha/optim/parameter_groups.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;

aha::parameters made() {
    const aha::parameters weights{
        {{"embed", {4}}, {"layer.0.weight", {2, 2}}, {"layer.0.norm", {2}, false}, {"head", {3}}},
        at::TensorOptions{}.dtype(at::kFloat)};
    const at::NoGradGuard none;
    weights.values().fill_(1);
    weights.gradients().fill_(0.5);
    return weights;
}

std::vector<float> numbers(const at::Tensor& t) {
    const at::Tensor flat = t.detach().contiguous().flatten();
    return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

TEST(matches, lets_a_star_stand_for_any_text) {
    EXPECT_TRUE(aha::name_matches("*.norm", "layer.0.norm"));
    EXPECT_TRUE(aha::name_matches("layer.*.norm", "layer.0.norm"));
    EXPECT_TRUE(aha::name_matches("*", ""));
    EXPECT_FALSE(aha::name_matches("layer", "layer.0.norm"));
    EXPECT_FALSE(aha::name_matches("*x*", "layer.0.norm"));
}

TEST(parameter_groups, give_each_group_its_rate_and_its_decay) {
    const aha::parameters weights = made(), plain = made(), slow = made();
    aha::parameter_groups groups{
        aha::adamw{},
        {{.pattern = "embed", .learning_rate = 0},
         {.pattern = "layer.*", .learning_rate = 0.5, .optimizer = aha::adamw{{.weight_decay = 0.1}}}}};
    aha::adamw one, other{{.weight_decay = 0.1}};
    for (int i = 0; i < 3; ++i) {
        groups.step(weights, 0.01);
        one.step(plain, 0.01);
        other.step(slow, 0.005);
    }
    EXPECT_THAT(numbers(weights["embed"]), testing::Each(1.0f));
    EXPECT_EQ(numbers(weights["head"]), numbers(plain["head"]));
    EXPECT_EQ(numbers(weights["layer.0.weight"]), numbers(slow["layer.0.weight"]));
    EXPECT_EQ(numbers(weights["layer.0.norm"]), numbers(slow["layer.0.norm"]));
}

TEST(parameter_groups, go_on_from_what_they_saved) {
    const aha::parameters straight = made(), resumed = made();
    const auto fresh = [] { return aha::parameter_groups{aha::adamw{}, {{.pattern = "head", .learning_rate = 2}}}; };
    auto one = fresh();
    one.step(straight, 0.01);
    auto two = fresh();
    two.load(one.save());
    auto three = fresh();
    three.load(two.save());  // saved again before it has seen weights
    {
        const at::NoGradGuard none;
        resumed.values().copy_(straight.values());
    }
    one.step(straight, 0.01);
    three.step(resumed, 0.01);
    EXPECT_EQ(numbers(resumed.values()), numbers(straight.values()));
    aha::parameter_groups elsewhere{aha::adamw{}, {{.pattern = "layer.0.norm"}}};
    elsewhere.load(one.save());
    EXPECT_THAT(complaint([&] { elsewhere.step(resumed, 0.01); }), testing::HasSubstr("made with other groups"));
}

TEST(parameter_groups, refuse_a_group_of_nothing_and_a_rate_that_makes_no_sense) {
    const aha::parameters weights = made();
    aha::parameter_groups none{aha::adamw{}, {{.pattern = "haed"}}};
    EXPECT_THAT(complaint([&] { none.step(weights, 0.01); }), testing::HasSubstr("\"haed\""));
    EXPECT_THAT(complaint([] {
                    aha::parameter_groups{aha::adamw{}, {{.pattern = "head", .learning_rate = -1}}};
                }),
                testing::HasSubstr("not -1"));
}

TEST(freeze, keeps_parameters_as_they_are_also_from_weight_decay) {
    const aha::parameters weights = made();
    EXPECT_EQ(aha::freeze(weights, "layer.*"), 2);
    {
        const at::NoGradGuard none;
        weights.slice(weights.gradients(), 1).zero_();
        weights.slice(weights.gradients(), 2).zero_();
    }
    aha::adamw optimizer{{.weight_decay = 0.1}};
    optimizer.step(weights, 0.1);
    EXPECT_THAT(numbers(weights["layer.0.weight"]), testing::Each(1.0f));
    EXPECT_THAT(numbers(weights["head"]), testing::Each(testing::Lt(0.95f)));
    EXPECT_FALSE(weights["layer.0.weight"].requires_grad());
    EXPECT_EQ(aha::freeze(weights, "layer.0.weight", true), 1);
    EXPECT_TRUE(weights["layer.0.weight"].requires_grad());
    EXPECT_THAT(complaint([&] { aha::freeze(weights, "embedding"); }), testing::HasSubstr("there are embed, "));
}

}  // namespace
