#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/tokenizer_laws.hpp>

namespace aha::testing {

/// The laws of a tokenizer as a GoogleTest suite. In a test of yours, after `my_case` of laws/tokenizer_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, tokenizer_suite, my_case);
template <class Case>
class tokenizer_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(tokenizer_suite);

TYPED_TEST_P(tokenizer_suite, gives_ids_of_its_vocabulary) {
    EXPECT_EQ(tokenizer_laws::gives_ids_of_its_vocabulary<TypeParam>(), "");
}
TYPED_TEST_P(tokenizer_suite, decodes_what_it_encodes) {
    EXPECT_EQ(tokenizer_laws::decodes_what_it_encodes<TypeParam>(), "");
}
TYPED_TEST_P(tokenizer_suite, decodes_any_id) { EXPECT_EQ(tokenizer_laws::decodes_any_id<TypeParam>(), ""); }
TYPED_TEST_P(tokenizer_suite, hides_the_end) { EXPECT_EQ(tokenizer_laws::hides_the_end<TypeParam>(), ""); }
TYPED_TEST_P(tokenizer_suite, adds_nothing) { EXPECT_EQ(tokenizer_laws::adds_nothing<TypeParam>(), ""); }

REGISTER_TYPED_TEST_SUITE_P(tokenizer_suite, gives_ids_of_its_vocabulary, decodes_what_it_encodes, decodes_any_id,
                            hides_the_end, adds_nothing);

}  // namespace aha::testing
