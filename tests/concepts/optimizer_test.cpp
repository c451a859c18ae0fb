#include <aha/concepts/optimizer.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class O>
constexpr std::array clauses{optimizer_steps<O>, saves_state<O>, loads_state<O>};

struct sound {
    void step(const parameters&, double);
    state save() const;
    void load(const state&);
};

struct without_a_rate : sound {
    void step(const parameters&);
};
struct wanting_to_change_the_layout : sound {
    void step(parameters&, double);
};
struct without_save {
    void step(const parameters&, double);
    void load(const state&);
};
struct saving_tensors : sound {
    std::vector<at::Tensor> save() const;
};
struct without_load {
    void step(const parameters&, double);
    state save() const;
};
struct loading_for_change : sound {
    void load(state&);
};

TEST(optimizer_concept, the_least_type_satisfies_it) {
    static_assert(require_optimizer<test::least_optimizer>() && optimizer<test::least_optimizer>);
    static_assert(optimizer<sound>);
    const test::least_model model{test::made};
    model.weights().gradients().fill_(1);
    test::least_optimizer{test::made}.step(model.weights(), 0.5);
    EXPECT_EQ(model.weights()[0].sum().item<double>(), -4.0);
}

TEST(optimizer_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!optimizer<without_a_rate> && clauses<without_a_rate> == std::array{false, true, true});
    static_assert(!optimizer<wanting_to_change_the_layout>);
    static_assert(clauses<wanting_to_change_the_layout> == std::array{false, true, true});
    static_assert(!optimizer<without_save> && clauses<without_save> == std::array{true, false, true});
    static_assert(!optimizer<saving_tensors> && clauses<saving_tensors> == std::array{true, false, true});
    static_assert(!optimizer<without_load> && clauses<without_load> == std::array{true, true, false});
    static_assert(!optimizer<loading_for_change> && clauses<loading_for_change> == std::array{true, true, false});
}

}  // namespace
