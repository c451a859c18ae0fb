#include <aha/model/pack.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

std::vector<std::int64_t> numbers(const at::Tensor& t) {
    return {t.const_data_ptr<std::int64_t>(), t.const_data_ptr<std::int64_t>() + t.numel()};
}

TEST(pack_examples, learned_tokens_are_predicted_by_the_token_before_and_nothing_useless_is_computed) {
    const aha::supervised_example a{0, {7, 8, 9, 10}, {0, 0, 1, 1}}, b{1, {3, 4, 5, 6}, {0, 1, 0, 0}};
    const std::vector<const aha::supervised_example*> both{&a, &b};
    const aha::packed_examples packed = aha::pack_examples(both);
    EXPECT_THAT(numbers(packed.batch.ids), testing::ElementsAre(7, 8, 9, 3));
    EXPECT_THAT(numbers(packed.batch.positions), testing::ElementsAre(0, 1, 2, 0));
    EXPECT_THAT(numbers(packed.predictions.rows), testing::ElementsAre(1, 2, 3));
    EXPECT_THAT(numbers(packed.predictions.targets), testing::ElementsAre(9, 10, 4));
    ASSERT_EQ(packed.batch.trees.size(), 2U);
    EXPECT_EQ(packed.batch.trees[1].trunk, (aha::segment{3, 1}));
    EXPECT_EQ(aha::num_loss_tokens(a), 2);
}

TEST(pack_examples, examples_that_cannot_be_learned_are_refused) {
    const aha::supervised_example nothing{4, {7, 8}, {0, 0}}, first{5, {7, 8}, {1, 1}}, uneven{6, {7, 8}, {0}};
    for (const aha::supervised_example* one : {&nothing, &first, &uneven}) {
        const std::vector<const aha::supervised_example*> batch{one};
        EXPECT_THROW(aha::pack_examples(batch), aha::error) << one->index;
    }
}

}  // namespace
