#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/policy_loss_laws.hpp>

namespace aha::testing {

/// The laws of a policy loss as a GoogleTest suite. In a test of yours, after `my_case` of laws/policy_loss_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, policy_loss_suite, my_case);
template <class Case>
class policy_loss_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(policy_loss_suite);

TYPED_TEST_P(policy_loss_suite, gives_a_finite_scalar) {
    EXPECT_EQ(policy_loss_laws::gives_a_finite_scalar<TypeParam>(), "");
}
TYPED_TEST_P(policy_loss_suite, adds_up_over_parts) {
    EXPECT_EQ(policy_loss_laws::adds_up_over_parts<TypeParam>(), "");
}
TYPED_TEST_P(policy_loss_suite, leaves_out_what_has_no_weight) {
    EXPECT_EQ(policy_loss_laws::leaves_out_what_has_no_weight<TypeParam>(), "");
}
TYPED_TEST_P(policy_loss_suite, is_linear_in_the_weights) {
    EXPECT_EQ(policy_loss_laws::is_linear_in_the_weights<TypeParam>(), "");
}
TYPED_TEST_P(policy_loss_suite, agrees_with_differences) {
    EXPECT_EQ(policy_loss_laws::agrees_with_differences<TypeParam>(), "");
}
TYPED_TEST_P(policy_loss_suite, is_the_policy_gradient_on_policy) {
    EXPECT_EQ(policy_loss_laws::is_the_policy_gradient_on_policy<TypeParam>(), "");
}
TYPED_TEST_P(policy_loss_suite, is_honest_about_advantage_zero) {
    EXPECT_EQ(policy_loss_laws::is_honest_about_advantage_zero<TypeParam>(), "");
}
TYPED_TEST_P(policy_loss_suite, is_honest_about_its_needs) {
    EXPECT_EQ(policy_loss_laws::is_honest_about_its_needs<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(policy_loss_suite, gives_a_finite_scalar, adds_up_over_parts, leaves_out_what_has_no_weight,
                            is_linear_in_the_weights, agrees_with_differences, is_the_policy_gradient_on_policy,
                            is_honest_about_advantage_zero, is_honest_about_its_needs);

}  // namespace aha::testing
