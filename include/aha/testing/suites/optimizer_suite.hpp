#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/optimizer_laws.hpp>

namespace aha::testing {

/// The laws of an optimizer as a GoogleTest suite. In a test of yours, after `my_case` of laws/optimizer_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, optimizer_suite, my_case);
template <class Case>
class optimizer_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(optimizer_suite);

TYPED_TEST_P(optimizer_suite, goes_downhill) { EXPECT_EQ(optimizer_laws::goes_downhill<TypeParam>(), ""); }
TYPED_TEST_P(optimizer_suite, goes_on_from_a_saved_state) {
    EXPECT_EQ(optimizer_laws::goes_on_from_a_saved_state<TypeParam>(), "");
}
TYPED_TEST_P(optimizer_suite, leaves_gradients_alone) {
    EXPECT_EQ(optimizer_laws::leaves_gradients_alone<TypeParam>(), "");
}
TYPED_TEST_P(optimizer_suite, takes_the_same_steps_again) {
    EXPECT_EQ(optimizer_laws::takes_the_same_steps_again<TypeParam>(), "");
}
TYPED_TEST_P(optimizer_suite, stands_still_at_rate_zero) {
    EXPECT_EQ(optimizer_laws::stands_still_at_rate_zero<TypeParam>(), "");
}
TYPED_TEST_P(optimizer_suite, survives_gradients_of_zero) {
    EXPECT_EQ(optimizer_laws::survives_gradients_of_zero<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(optimizer_suite, goes_downhill, goes_on_from_a_saved_state, leaves_gradients_alone,
                            takes_the_same_steps_again, stands_still_at_rate_zero, survives_gradients_of_zero);

}  // namespace aha::testing
