#include <aha/rollout/token_limits.hpp>

#include <gtest/gtest.h>
#include <vector>

#include <tests/support/complaint.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::complaint;

TEST(token_limits, are_the_models) {
    const auto model = aha::test::small_model();
    const aha::detail::token_limits limits = aha::detail::limits_of(model);
    EXPECT_EQ(limits.vocabulary, model.config().vocabulary_size);
    EXPECT_EQ(limits.context, model.context());
    EXPECT_EQ(aha::detail::limits_of(0).vocabulary, 0);
}

TEST(token_limits, find_the_first_id_outside) {
    const std::vector<aha::token_id> ids{0, 4, 5, -1};
    EXPECT_EQ(aha::detail::outside_vocabulary(ids, 5), 2U);
    EXPECT_EQ(aha::detail::outside_vocabulary(ids, 6), 3U);
    EXPECT_EQ(aha::detail::outside_vocabulary(ids, 0), 3U);  // not known
    EXPECT_FALSE(aha::detail::outside_vocabulary(std::vector<aha::token_id>{0, 4}, 5));
}

TEST(token_limits, name_the_example_and_the_record) {
    const aha::supervised_example example{.index = 7, .ids = {1, 9}, .loss_mask = {0, 1}};
    EXPECT_EQ(complaint([&] { aha::detail::check_example(example, {.vocabulary = 10}); }), "no complaint");
    EXPECT_EQ(complaint([&] { aha::detail::check_example(example, {.vocabulary = 9}); }),
              "example 7 has token 9 at place 1, but the model's vocabulary has 9 tokens, from 0: resize the model's "
              "embedding, or take the token out");
    EXPECT_EQ(complaint([&] { aha::detail::check_record_tokens(example.ids, {.vocabulary = 9}, 3, "the pairs"); }),
              "record 3 of the pairs has token 9, but the model's vocabulary has 9 tokens, from 0");
}

}  // namespace
