#pragma once

#include <gtest/gtest.h>

#include <aha/testing/laws/communicator_laws.hpp>

namespace aha::testing {

/// The laws of a communicator as a GoogleTest suite. In a test of yours, after `my_case` of laws/communicator_laws.hpp:
///
///     INSTANTIATE_TYPED_TEST_SUITE_P(mine, communicator_suite, my_case);
template <class Case>
class communicator_suite : public ::testing::Test {};

TYPED_TEST_SUITE_P(communicator_suite);

TYPED_TEST_P(communicator_suite, numbers_its_ranks) {
    EXPECT_EQ(communicator_laws::numbers_its_ranks<TypeParam>(), "");
}
TYPED_TEST_P(communicator_suite, adds_up) { EXPECT_EQ(communicator_laws::adds_up<TypeParam>(), ""); }
TYPED_TEST_P(communicator_suite, sums_to_the_same_bits) {
    EXPECT_EQ(communicator_laws::sums_to_the_same_bits<TypeParam>(), "");
}
TYPED_TEST_P(communicator_suite, gives_all_what_one_has) {
    EXPECT_EQ(communicator_laws::gives_all_what_one_has<TypeParam>(), "");
}
TYPED_TEST_P(communicator_suite, gathers_in_order) { EXPECT_EQ(communicator_laws::gathers_in_order<TypeParam>(), ""); }
TYPED_TEST_P(communicator_suite, is_shared_by_its_copies) {
    EXPECT_EQ(communicator_laws::is_shared_by_its_copies<TypeParam>(), "");
}
TYPED_TEST_P(communicator_suite, leaves_one_rank_alone) {
    EXPECT_EQ(communicator_laws::leaves_one_rank_alone<TypeParam>(), "");
}

REGISTER_TYPED_TEST_SUITE_P(communicator_suite, numbers_its_ranks, adds_up, sums_to_the_same_bits,
                            gives_all_what_one_has, gathers_in_order, is_shared_by_its_copies, leaves_one_rank_alone);

}  // namespace aha::testing
