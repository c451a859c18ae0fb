#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/reward_laws.hpp>

namespace aha::testing {

/// The laws of a reward as a GoogleTest suite. In a test of yours, after `my_case` of laws/reward_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, reward_suite, my_case);
template <class Case>
class reward_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(reward_suite);

TYPED_TEST_P(reward_suite, scores_any_text) { EXPECT_EQ(reward_laws::scores_any_text<TypeParam>(), ""); }
TYPED_TEST_P(reward_suite, gives_finite_numbers) { EXPECT_EQ(reward_laws::gives_finite_numbers<TypeParam>(), ""); }
TYPED_TEST_P(reward_suite, is_deterministic_if_it_says_so) {
    EXPECT_EQ(reward_laws::is_deterministic_if_it_says_so<TypeParam>(), "");
}
TYPED_TEST_P(reward_suite, has_no_memory) { EXPECT_EQ(reward_laws::has_no_memory<TypeParam>(), ""); }
TYPED_TEST_P(reward_suite, gives_the_same_on_another_thread) {
    EXPECT_EQ(reward_laws::gives_the_same_on_another_thread<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(reward_suite, scores_any_text, gives_finite_numbers, is_deterministic_if_it_says_so,
                            has_no_memory, gives_the_same_on_another_thread);

}  // namespace aha::testing
