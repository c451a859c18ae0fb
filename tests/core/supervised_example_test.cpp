#include <aha/core/supervised_example.hpp>

#include <gtest/gtest.h>

#include <tests/support/complaint.hpp>

namespace {

TEST(supervised_example, has_a_loss_mask_of_its_length) {
    aha::supervised_example example{.index = 7, .ids = {1, 9}, .loss_mask = {0, 1}};
    EXPECT_EQ(aha::test::complaint([&] { aha::require_loss_mask(example); }), "no complaint");
    example.loss_mask.push_back(1);
    EXPECT_EQ(aha::test::complaint([&] { aha::require_loss_mask(example); }),
              "example 7 has 2 tokens, but 3 marks of what is learned");
}

}  // namespace
