#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/checkpoint_store_laws.hpp>

namespace aha::testing {

/// The laws of a checkpoint store as a GoogleTest suite. In a test of yours, after `my_case` of
/// laws/checkpoint_store_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, checkpoint_store_suite, my_case);
template <class Case>
class checkpoint_store_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(checkpoint_store_suite);

TYPED_TEST_P(checkpoint_store_suite, gives_nothing_when_empty) {
    EXPECT_EQ(checkpoint_store_laws::gives_nothing_when_empty<TypeParam>(), "");
}
TYPED_TEST_P(checkpoint_store_suite, gives_back_what_was_saved) {
    EXPECT_EQ(checkpoint_store_laws::gives_back_what_was_saved<TypeParam>(), "");
}
TYPED_TEST_P(checkpoint_store_suite, gives_the_greatest_step) {
    EXPECT_EQ(checkpoint_store_laws::gives_the_greatest_step<TypeParam>(), "");
}
TYPED_TEST_P(checkpoint_store_suite, keeps_it_for_the_next_program) {
    EXPECT_EQ(checkpoint_store_laws::keeps_it_for_the_next_program<TypeParam>(), "");
}
TYPED_TEST_P(checkpoint_store_suite, is_not_changed_by_what_follows) {
    EXPECT_EQ(checkpoint_store_laws::is_not_changed_by_what_follows<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(checkpoint_store_suite, gives_nothing_when_empty, gives_back_what_was_saved,
                            gives_the_greatest_step, keeps_it_for_the_next_program, is_not_changed_by_what_follows);

}  // namespace aha::testing
