#include <aha/concepts/batch_advantage.hpp>

#include <array>
#include <gtest/gtest.h>

#include <aha/concepts/advantage.hpp>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class A>
constexpr std::array clauses{batch_advantage_is_callable<A>, batch_advantage_gives_token_values<A>};

template <class Result>
struct giving {
    Result operator()(std::span<const rollout_group>) const;
};

struct with_needs_reference : giving<token_values> {
    bool needs_reference() const;
};
struct with_needs_reference_of_int : giving<token_values> {
    int needs_reference() const;
};
struct callable_unless_const {
    token_values operator()(std::span<const rollout_group>);
};
struct wanting_to_change_the_groups {
    token_values operator()(std::span<rollout_group>) const;
};

TEST(batch_advantage_concept, a_lambda_satisfies_it) {
    const auto lambda = [](std::span<const rollout_group> groups) { return token_values(groups.size()); };
    static_assert(require_batch_advantage<decltype(lambda)>() && batch_advantage<decltype(lambda)>);
    EXPECT_TRUE(lambda({}).empty());
}

TEST(batch_advantage_concept, is_not_the_concept_of_one_groups_advantage) {
    static_assert(batch_advantage<giving<token_values>> && !advantage<giving<token_values>>);
    static_assert(!batch_advantage<test::least_advantage> && advantage<test::least_advantage>);
}

TEST(batch_advantage_concept, whether_it_needs_a_reference_need_not_be_said) {
    static_assert(!advantage_says_whether_it_needs_a_reference<giving<token_values>>);
    static_assert(batch_advantage<with_needs_reference> &&
                  advantage_says_whether_it_needs_a_reference<with_needs_reference>);
    static_assert(!advantage_says_whether_it_needs_a_reference<with_needs_reference_of_int>);
}

TEST(batch_advantage_concept, each_defect_breaks_its_clause) {
    static_assert(!batch_advantage<callable_unless_const>);
    static_assert(clauses<callable_unless_const> == std::array{false, false});
    static_assert(clauses<wanting_to_change_the_groups> == std::array{false, false});
    static_assert(!batch_advantage<giving<std::vector<double>>>);
    static_assert(clauses<giving<std::vector<double>>> == std::array{true, false});
    static_assert(clauses<giving<at::Tensor>> == std::array{true, false});
}

}  // namespace
