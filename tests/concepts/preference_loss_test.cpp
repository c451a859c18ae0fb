#include <aha/concepts/preference_loss.hpp>

#include <ATen/ATen.h>
#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class L>
constexpr std::array clauses{preference_loss_is_callable<L>, preference_loss_gives_tensor<L>,
                             preference_loss_has_rewards<L>, preference_loss_has_needs_reference<L>};

struct sound {
    at::Tensor operator()(const preference_log_probs&) const;
    at::Tensor rewards(const side_log_probs&) const;
    bool needs_reference() const;
};

struct callable_unless_const : sound {
    at::Tensor operator()(const preference_log_probs&);
};
struct giving_a_double : sound {
    double operator()(const preference_log_probs&) const;
};
struct with_rewards_of_pairs : sound {
    at::Tensor rewards(const preference_log_probs&) const;
};
struct with_needs_reference_of_double : sound {
    double needs_reference() const;
};

TEST(preference_loss_concept, the_least_type_satisfies_it) {
    static_assert(require_preference_loss<test::least_preference_loss>() &&
                  preference_loss<test::least_preference_loss>);
    static_assert(preference_loss<sound>);
    const side_log_probs chosen{at::full({2}, -1.0), {}, at::ones({2})},
        rejected{at::full({2}, -3.0), {}, at::ones({2})};
    EXPECT_EQ(test::least_preference_loss{test::made}({chosen, rejected}).sum().item<double>(), -4.0);
}

TEST(preference_loss_concept, each_defect_breaks_its_clause) {
    static_assert(!preference_loss<callable_unless_const> && !preference_loss<giving_a_double> &&
                  !preference_loss<with_rewards_of_pairs> && !preference_loss<with_needs_reference_of_double>);
    static_assert(clauses<callable_unless_const> == std::array{false, false, true, true});
    static_assert(clauses<giving_a_double> == std::array{true, false, true, true});
    static_assert(clauses<with_rewards_of_pairs> == std::array{true, true, false, true});
    static_assert(clauses<with_needs_reference_of_double> == std::array{true, true, true, false});
}

}  // namespace
