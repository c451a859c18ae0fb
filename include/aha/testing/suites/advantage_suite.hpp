#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/advantage_laws.hpp>

namespace aha::testing {

/// The laws of an advantage as a GoogleTest suite. In a test of yours, after `my_case` of laws/advantage_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, advantage_suite, my_case);
template <class Case>
class advantage_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(advantage_suite);

TYPED_TEST_P(advantage_suite, gives_one_number_a_score) {
    EXPECT_EQ(advantage_laws::gives_one_number_a_score<TypeParam>(), "");
}
TYPED_TEST_P(advantage_suite, gives_finite_numbers) {
    EXPECT_EQ(advantage_laws::gives_finite_numbers<TypeParam>(), "");
}
TYPED_TEST_P(advantage_suite, follows_a_permutation) {
    EXPECT_EQ(advantage_laws::follows_a_permutation<TypeParam>(), "");
}
TYPED_TEST_P(advantage_suite, gives_zero_where_nothing_was_said) {
    EXPECT_EQ(advantage_laws::gives_zero_where_nothing_was_said<TypeParam>(), "");
}
TYPED_TEST_P(advantage_suite, ignores_what_is_not_applicable) {
    EXPECT_EQ(advantage_laws::ignores_what_is_not_applicable<TypeParam>(), "");
}
TYPED_TEST_P(advantage_suite, prefers_the_better) { EXPECT_EQ(advantage_laws::prefers_the_better<TypeParam>(), ""); }
TYPED_TEST_P(advantage_suite, gives_zeros_to_equal_scores) {
    EXPECT_EQ(advantage_laws::gives_zeros_to_equal_scores<TypeParam>(), "");
}
TYPED_TEST_P(advantage_suite, sums_to_zero) { EXPECT_EQ(advantage_laws::sums_to_zero<TypeParam>(), ""); }
TYPED_TEST_P(advantage_suite, does_not_change_with_a_shift) {
    EXPECT_EQ(advantage_laws::does_not_change_with_a_shift<TypeParam>(), "");
}
TYPED_TEST_P(advantage_suite, does_not_change_with_the_scale) {
    EXPECT_EQ(advantage_laws::does_not_change_with_the_scale<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(advantage_suite, gives_one_number_a_score, gives_finite_numbers, follows_a_permutation,
                            gives_zero_where_nothing_was_said, ignores_what_is_not_applicable, prefers_the_better,
                            gives_zeros_to_equal_scores, sums_to_zero, does_not_change_with_a_shift,
                            does_not_change_with_the_scale);

}  // namespace aha::testing
