#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/schedule_laws.hpp>

namespace aha::testing {

/// The laws of a schedule as a GoogleTest suite. In a test of yours, after `my_case` of laws/schedule_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, schedule_suite, my_case);
template <class Case>
class schedule_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(schedule_suite);

TYPED_TEST_P(schedule_suite, is_finite_and_never_negative) {
    EXPECT_EQ(schedule_laws::is_finite_and_never_negative<TypeParam>(), "");
}
TYPED_TEST_P(schedule_suite, depends_on_the_step_alone) {
    EXPECT_EQ(schedule_laws::depends_on_the_step_alone<TypeParam>(), "");
}
TYPED_TEST_P(schedule_suite, lets_something_move) { EXPECT_EQ(schedule_laws::lets_something_move<TypeParam>(), ""); }

REGISTER_TYPED_TEST_SUITE_P(schedule_suite, is_finite_and_never_negative, depends_on_the_step_alone,
                            lets_something_move);

}  // namespace aha::testing
