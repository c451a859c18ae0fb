#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aha/concepts/optimizer.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/testing/tolerance.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using aha::testing::tolerance;
using testing::HasSubstr;

static_assert(aha::require_optimizer<aha::adamw>());

aha::parameters two_weights() {
    return {{{"matrix", {3, 7}, true}, {"bias", {5}, false}}, at::TensorOptions{at::kFloat}};
}

const nlohmann::json& golden() {
    static const nlohmann::json all =
        nlohmann::json::parse(std::ifstream{std::filesystem::path{AHA_TEST_DATA} / "optim" / "data" / "optim.json"});
    return all;
}

at::Tensor numbers(const nlohmann::json& list) { return at::tensor(list.get<std::vector<float>>()); }

void put(const aha::parameters& weights, const at::Tensor& flat, const nlohmann::json& matrix,
         const nlohmann::json& bias) {
    weights.slice(flat, 0).copy_(numbers(matrix).view({3, 7}));
    weights.slice(flat, 1).copy_(numbers(bias));
}

void put_gradients(const aha::parameters& weights, const nlohmann::json& step) {
    put(weights, weights.gradients(), step.at("matrix_gradient"), step.at("bias_gradient"));
}

class adamw_golden : public testing::TestWithParam<std::size_t> {};

TEST_P(adamw_golden, ten_steps_are_those_of_torch) {
    const nlohmann::json& expected = golden().at("adamw").at(GetParam());
    const aha::parameters weights = two_weights();
    put(weights, weights.values(), expected.at("matrix"), expected.at("bias"));
    aha::adamw optimizer{{.beta1 = expected.at("beta1").get<double>(),
                          .beta2 = expected.at("beta2").get<double>(),
                          .epsilon = expected.at("epsilon").get<double>(),
                          .weight_decay = expected.at("weight_decay").get<double>()}};
    ASSERT_EQ(expected.at("steps").size(), 10U);
    const aha::parameters twin = two_weights();
    twin.values().copy_(weights.values());
    const at::Tensor first = at::zeros_like(twin.values()), second = at::zeros_like(twin.values());
    std::int64_t steps = 0;
    for (const nlohmann::json& step : expected.at("steps")) {
        put_gradients(weights, step);
        put_gradients(twin, step);
        const at::Tensor gradients = weights.gradients().clone();
        optimizer.step(weights, step.at("rate").get<double>());
        const tolerance near{1e-6, 1e-6};
        aha::detail::update_by_libtorch(optimizer.options(), twin, first, second, ++steps,  // what GPUs do
                                        step.at("rate").get<double>());
        EXPECT_EQ(near.excess(twin.values(), weights.values()), "");
        EXPECT_EQ(near.excess(weights[0].flatten(), numbers(step.at("matrix"))), "");
        EXPECT_EQ(near.excess(weights[1], numbers(step.at("bias"))), "");
        EXPECT_TRUE(weights.gradients().equal(gradients));
    }
    // The gaps that align parameters stay zero.
    EXPECT_EQ(weights.values().count_nonzero().item<std::int64_t>(),
              weights[0].count_nonzero().item<std::int64_t>() + weights[1].count_nonzero().item<std::int64_t>());
}

INSTANTIATE_TEST_SUITE_P(cases, adamw_golden, testing::Values(0U, 1U),
                         [](const auto& instance) { return instance.param == 0 ? "with_decay" : "without_decay"; });

TEST(adamw, goes_on_from_a_save_bit_for_bit) {
    for (const nlohmann::json& one : golden().at("adamw")) {
        const aha::adamw_options options{.weight_decay = one.at("weight_decay").get<double>()};
        const aha::parameters weights = two_weights(), resumed = two_weights();
        put(weights, weights.values(), one.at("matrix"), one.at("bias"));
        aha::adamw optimizer{options}, other{options};
        for (std::size_t i = 0; i < 10; ++i) {
            if (i == 4) {
                other.load(optimizer.save());
                resumed.values().copy_(weights.values());
            }
            put_gradients(weights, one.at("steps").at(i));
            optimizer.step(weights, 1e-2);
            if (i < 4) continue;
            put_gradients(resumed, one.at("steps").at(i));
            other.step(resumed, 1e-2);  // its moments are its own: the other has stepped since
            EXPECT_TRUE(resumed.values().equal(weights.values())) << i;
        }
    }
}

TEST(adamw, a_save_before_the_first_step_is_taken_back) {
    const aha::parameters weights = two_weights(), fresh = two_weights();
    aha::adamw used, untouched;
    for (const aha::parameters& w : {weights, fresh}) w.gradients().fill_(0.5);
    used.step(weights, 1e-2);
    used.load(aha::adamw{}.save());
    weights.values().zero_();
    used.step(weights, 1e-2);
    untouched.step(fresh, 1e-2);
    EXPECT_TRUE(weights.values().equal(fresh.values()));
}

TEST(adamw, the_first_step_moves_every_weight_by_the_rate_against_its_gradient) {
    const aha::parameters weights = two_weights();
    weights.gradients().fill_(-7);
    aha::adamw{}.step(weights, 0.25);
    EXPECT_EQ((tolerance{1e-6, 0}.excess(weights[0], at::full({3, 7}, 0.25))), "");
}

TEST(adamw, decays_matrices_alone) {
    const aha::parameters weights = two_weights();
    weights.values().fill_(2);
    aha::adamw{{.weight_decay = 0.5}}.step(weights, 0.1);  // gradients are zero
    EXPECT_EQ((tolerance{1e-6, 0}.excess(weights[0], at::full({3, 7}, 1.9))), "");
    EXPECT_TRUE(weights[1].eq(2).all().item<bool>());
}

TEST(adamw, refuses_states_and_weights_that_are_not_its_own) {
    aha::adamw optimizer;
    aha::state saved;
    EXPECT_THAT(complaint([&] { optimizer.load(saved); }), HasSubstr("no saved adamw"));
    saved.values["steps"] = 3;
    EXPECT_THAT(complaint([&] { optimizer.load(saved); }), HasSubstr("no moments"));
    saved.tensors["first"] = at::zeros({48});
    EXPECT_THAT(complaint([&] { optimizer.load(saved); }), HasSubstr("no moments"));
    saved.tensors["second"] = at::zeros({47});
    EXPECT_THAT(complaint([&] { optimizer.load(saved); }), HasSubstr("differ in size"));
    saved.tensors["second"] = at::zeros({48});
    optimizer.load(saved);
    optimizer.step(two_weights(), 0.1);
    const aha::parameters larger{{{"matrix", {9, 9}}}, at::TensorOptions{at::kFloat}};
    EXPECT_THAT(complaint([&] { optimizer.step(larger, 0.1); }), HasSubstr("another model: 96 instead of 48"));
}

TEST(adamw, refuses_options_that_make_no_sense) {
    const auto refusal = [](const aha::adamw_options& options) { return complaint([&] { aha::adamw{options}; }); };
    EXPECT_THAT(refusal({.beta1 = 1}), HasSubstr("beta1 must be in [0, 1), not 1"));
    EXPECT_THAT(refusal({.beta2 = -0.5}), HasSubstr("beta2 must be in [0, 1), not -0.5"));
    EXPECT_THAT(refusal({.epsilon = 0}), HasSubstr("epsilon must be positive, not 0"));
    EXPECT_THAT(refusal({.weight_decay = -2}), HasSubstr("weight_decay must be 0 or more, not -2"));
    EXPECT_EQ(refusal({.beta1 = 0, .beta2 = 0}), "no complaint");
}

}  // namespace
