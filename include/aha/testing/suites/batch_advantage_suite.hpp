#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/batch_advantage_laws.hpp>

namespace aha::testing {

/// The laws of a batch advantage as a GoogleTest suite. In a test of yours, after `my_case` of
/// laws/batch_advantage_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, batch_advantage_suite, my_case);
template <class Case>
class batch_advantage_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(batch_advantage_suite);

TYPED_TEST_P(batch_advantage_suite, gives_one_number_a_token) {
    EXPECT_EQ(batch_advantage_laws::gives_one_number_a_token<TypeParam>(), "");
}
TYPED_TEST_P(batch_advantage_suite, gives_finite_numbers) {
    EXPECT_EQ(batch_advantage_laws::gives_finite_numbers<TypeParam>(), "");
}
TYPED_TEST_P(batch_advantage_suite, gives_zero_where_nothing_was_said) {
    EXPECT_EQ(batch_advantage_laws::gives_zero_where_nothing_was_said<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(batch_advantage_suite, gives_one_number_a_token, gives_finite_numbers,
                            gives_zero_where_nothing_was_said);

}  // namespace aha::testing
