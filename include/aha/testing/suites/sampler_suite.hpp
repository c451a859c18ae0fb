#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/sampler_laws.hpp>

namespace aha::testing {

/// The laws of a sampler as a GoogleTest suite. In a test of yours, after `my_case` of laws/sampler_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, sampler_suite, my_case);
template <class Case>
class sampler_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(sampler_suite);

TYPED_TEST_P(sampler_suite, gives_a_group_for_each_prompt_in_order) {
    EXPECT_EQ(sampler_laws::gives_a_group_for_each_prompt_in_order<TypeParam>(), "");
}
TYPED_TEST_P(sampler_suite, fills_each_group) { EXPECT_EQ(sampler_laws::fills_each_group<TypeParam>(), ""); }
TYPED_TEST_P(sampler_suite, says_tokens_of_the_vocabulary) {
    EXPECT_EQ(sampler_laws::says_tokens_of_the_vocabulary<TypeParam>(), "");
}
TYPED_TEST_P(sampler_suite, gives_a_log_prob_for_each_token) {
    EXPECT_EQ(sampler_laws::gives_a_log_prob_for_each_token<TypeParam>(), "");
}
TYPED_TEST_P(sampler_suite, tells_the_models_log_probs) {
    EXPECT_EQ(sampler_laws::tells_the_models_log_probs<TypeParam>(), "");
}
TYPED_TEST_P(sampler_suite, depends_on_the_key_alone) {
    EXPECT_EQ(sampler_laws::depends_on_the_key_alone<TypeParam>(), "");
}
TYPED_TEST_P(sampler_suite, listens_to_the_seed) { EXPECT_EQ(sampler_laws::listens_to_the_seed<TypeParam>(), ""); }

REGISTER_TYPED_TEST_SUITE_P(sampler_suite, gives_a_group_for_each_prompt_in_order, fills_each_group,
                            says_tokens_of_the_vocabulary, gives_a_log_prob_for_each_token, tells_the_models_log_probs,
                            depends_on_the_key_alone, listens_to_the_seed);

}  // namespace aha::testing
