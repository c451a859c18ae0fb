#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/language_model_laws.hpp>

namespace aha::testing {

/// The laws of a language model as a GoogleTest suite. In a test of yours, after `my_case` of
/// laws/language_model_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, language_model_suite, my_case);
template <class Case>
class language_model_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(language_model_suite);

TYPED_TEST_P(language_model_suite, gives_a_state_for_each_token) {
    EXPECT_EQ(language_model_laws::gives_a_state_for_each_token<TypeParam>(), "");
}
TYPED_TEST_P(language_model_suite, does_not_see_other_trees) {
    EXPECT_EQ(language_model_laws::does_not_see_other_trees<TypeParam>(), "");
}
TYPED_TEST_P(language_model_suite, does_not_see_other_branches) {
    EXPECT_EQ(language_model_laws::does_not_see_other_branches<TypeParam>(), "");
}
TYPED_TEST_P(language_model_suite, does_not_see_later_tokens) {
    EXPECT_EQ(language_model_laws::does_not_see_later_tokens<TypeParam>(), "");
}
TYPED_TEST_P(language_model_suite, trains_every_weight) {
    EXPECT_EQ(language_model_laws::trains_every_weight<TypeParam>(), "");
}
TYPED_TEST_P(language_model_suite, decodes_as_it_reads) {
    EXPECT_EQ(language_model_laws::decodes_as_it_reads<TypeParam>(), "");
}
TYPED_TEST_P(language_model_suite, keeps_what_is_named) {
    EXPECT_EQ(language_model_laws::keeps_what_is_named<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(language_model_suite, gives_a_state_for_each_token, does_not_see_other_trees,
                            does_not_see_other_branches, does_not_see_later_tokens, trains_every_weight,
                            decodes_as_it_reads, keeps_what_is_named);

}  // namespace aha::testing
