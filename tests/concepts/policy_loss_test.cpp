#include <aha/concepts/policy_loss.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class L>
constexpr std::array clauses{loss_is_callable<L>, loss_gives_output<L>, loss_has_needs_reference<L>,
                             loss_has_ignores_zero_advantage<L>};

struct sound {
    loss_output operator()(const policy_batch&) const;
    bool needs_reference() const;
    bool ignores_zero_advantage() const;
};

struct with_needs_entropy : sound {
    bool needs_entropy() const;
};
struct with_needs_entropy_of_int : sound {
    int needs_entropy() const;
};

struct callable_unless_const : sound {
    loss_output operator()(const policy_batch&);
};
struct wanting_tensors : sound {
    loss_output operator()(const at::Tensor&, const at::Tensor&) const;
};
struct giving_a_tensor : sound {
    at::Tensor operator()(const policy_batch&) const;
};
struct without_needs_reference {
    loss_output operator()(const policy_batch&) const;
    bool ignores_zero_advantage() const;
};
struct with_needs_reference_as_data : sound {
    bool needs_reference;
};
struct with_needs_reference_of_double : sound {
    double needs_reference() const;
};
struct without_zero_advantage_is_free {
    loss_output operator()(const policy_batch&) const;
    bool needs_reference() const;
};

TEST(policy_loss_concept, the_least_type_satisfies_it) {
    static_assert(require_policy_loss<test::least_policy_loss>() && policy_loss<test::least_policy_loss>);
    static_assert(policy_loss<sound>);
    policy_batch batch;
    batch.log_probs = batch.advantages = batch.weights = at::full({2}, -1.0);
    EXPECT_EQ(test::least_policy_loss{test::made}(batch).loss.item<double>(), 2.0);
}

TEST(policy_loss_concept, whether_it_needs_entropy_need_not_be_said) {
    static_assert(policy_loss<sound> && !loss_says_whether_it_needs_entropy<sound>);
    static_assert(policy_loss<with_needs_entropy> && loss_says_whether_it_needs_entropy<with_needs_entropy>);
    static_assert(!loss_says_whether_it_needs_entropy<with_needs_entropy_of_int>);
}

TEST(policy_loss_concept, each_defect_breaks_its_clause) {
    static_assert(!policy_loss<callable_unless_const>);
    static_assert(clauses<callable_unless_const> == std::array{false, false, true, true});
    static_assert(!policy_loss<wanting_tensors>);
    static_assert(clauses<wanting_tensors> == std::array{false, false, true, true});
    static_assert(!policy_loss<giving_a_tensor>);
    static_assert(clauses<giving_a_tensor> == std::array{true, false, true, true});
    static_assert(!policy_loss<without_needs_reference>);
    static_assert(clauses<without_needs_reference> == std::array{true, true, false, true});
    static_assert(!policy_loss<with_needs_reference_as_data>);
    static_assert(clauses<with_needs_reference_as_data> == std::array{true, true, false, true});
    static_assert(!policy_loss<with_needs_reference_of_double>);
    static_assert(clauses<with_needs_reference_of_double> == std::array{true, true, false, true});
    static_assert(!policy_loss<without_zero_advantage_is_free>);
    static_assert(clauses<without_zero_advantage_is_free> == std::array{true, true, true, false});
}

}  // namespace
