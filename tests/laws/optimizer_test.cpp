#include <array>
#include <gtest/gtest.h>
#include <memory>

#include <aha/optim/adamw.hpp>
#include <aha/testing/laws/optimizer_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

struct adamw_case {
    static adamw make() { return adamw{}; }
};
struct adamw_with_decay_case {
    static adamw make() { return adamw{{.beta1 = 0.8, .beta2 = 0.95, .weight_decay = 0.01}}; }
};
const std::array registered{
    register_laws("optimizer_laws/adamw", optimizer_laws::all<adamw_case>()),
    register_laws("optimizer_laws/adamw_with_decay", optimizer_laws::all<adamw_with_decay_case>())};

/// Gradient descent with momentum, with a defect each.
struct momentum {
    double sign = 1, pull = 0, turn = 0;
    bool remembers = true, clears = false, normalizes = false;
    at::Tensor velocity{};

    void step(const parameters& weights, double rate) {
        if (!velocity.defined()) velocity = at::zeros_like(weights.values());
        at::Tensor gradients = weights.gradients();
        if (normalizes) gradients = gradients / gradients.norm();
        velocity = 0.5 * velocity + gradients;
        weights.values().sub_(velocity, sign * rate * (1 + turn));
        weights.values().mul_(1 - pull);
        if (clears) weights.zero_gradients();
    }
    state save() const {
        state s;
        if (velocity.defined() && remembers) s.tensors["velocity"] = velocity;
        s.values["turn"] = turn;
        return s;
    }
    void load(const state& saved) {
        if (saved.tensors.contains("velocity")) velocity = saved.tensors.at("velocity").clone();
        turn = saved.values.at("turn").get<double>();
    }
};

struct momentum_case {
    static momentum make() { return {}; }
};
struct climbs {
    static momentum make() { return {.sign = -1}; }
};
struct forgets {
    static momentum make() { return {.remembers = false}; }
};
struct clears_gradients {
    static momentum make() { return {.clears = true}; }
};
struct is_another_each_time {
    static momentum make() {
        static int made = 0;
        return {.turn = 0.01 * ++made};
    }
};
struct decays_at_any_rate {
    static momentum make() { return {.pull = 1e-4}; }
};
struct divides_by_the_norm {
    static momentum make() { return {.normalizes = true}; }
};

TEST(optimizer_laws, hold_for_momentum) {
    for (const law& one : optimizer_laws::all<momentum_case>()) EXPECT_EQ(one.broken(), "") << one.name;
}

TEST(optimizer_laws, each_is_needed) {
    test::expect_a_mutant_for_each_law(
        optimizer_laws::all<momentum_case>(),
        {test::mutant_of("goes_downhill", optimizer_laws::all<climbs>()),
         test::mutant_of("goes_on_from_a_saved_state", optimizer_laws::all<forgets>()),
         test::mutant_of("leaves_gradients_alone", optimizer_laws::all<clears_gradients>()),
         test::mutant_of("takes_the_same_steps_again", optimizer_laws::all<is_another_each_time>()),
         test::mutant_of("stands_still_at_rate_zero", optimizer_laws::all<decays_at_any_rate>()),
         test::mutant_of("survives_gradients_of_zero", optimizer_laws::all<divides_by_the_norm>())});
}

}  // namespace
}  // namespace aha::testing
