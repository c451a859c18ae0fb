#include <aha/model/pack.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;

std::vector<std::int64_t> numbers(const at::Tensor& t) {
    return {t.const_data_ptr<std::int64_t>(), t.const_data_ptr<std::int64_t>() + t.numel()};
}

TEST(pack_texts, what_texts_begin_with_is_there_once) {
    const std::vector<aha::token_id> chosen{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, rejected{1, 2, 3, 4, 5, 6, 7, 8, 30},
        other{1, 2, 3, 4, 5, 6, 7, 8, 40};
    const std::vector<aha::text_group> groups{{chosen, rejected}, {other}};
    const aha::packed_texts packed = aha::pack_texts(groups);
    EXPECT_THAT(numbers(packed.batch.ids), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 40));
    EXPECT_THAT(numbers(packed.batch.positions), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 8));
    EXPECT_THAT(numbers(packed.last), ElementsAre(9, 10, 11));
    ASSERT_EQ(packed.batch.trees.size(), 1U);
    EXPECT_EQ(packed.batch.trees[0].trunk, (aha::segment{0, 8}));
    EXPECT_THAT(packed.batch.trees[0].branches,
                ElementsAre(aha::segment{8, 2}, aha::segment{10, 1}, aha::segment{11, 1}));
}

TEST(pack_texts, a_text_that_begins_another_ends_within_it) {
    const std::vector<aha::token_id> long_one{5, 6, 7}, short_one{5, 6};
    const std::vector<aha::text_group> groups{{long_one, short_one, short_one}};
    const aha::packed_texts packed = aha::pack_texts(groups);
    EXPECT_THAT(numbers(packed.batch.ids), ElementsAre(5, 6, 7));
    EXPECT_THAT(numbers(packed.last), ElementsAre(2, 1, 1));
    EXPECT_EQ(packed.batch.trees.at(0).trunk, (aha::segment{0, 3}));
}

TEST(pack_texts, texts_with_nothing_in_common_are_trees_of_their_own) {
    const std::vector<aha::token_id> a{5, 6}, b{6, 6, 6};
    const std::vector<aha::text_group> groups{{a, b}};
    const aha::packed_texts packed = aha::pack_texts(groups);
    EXPECT_THAT(numbers(packed.batch.positions), ElementsAre(0, 1, 0, 1, 2));
    EXPECT_THAT(numbers(packed.last), ElementsAre(1, 4));
    ASSERT_EQ(packed.batch.trees.size(), 2U);
    EXPECT_EQ(packed.batch.trees[1].trunk, (aha::segment{2, 3}));
}

TEST(pack_texts, a_text_without_tokens_is_refused) {
    const std::vector<aha::token_id> a{5}, nothing;
    const std::vector<aha::text_group> groups{{a, nothing}};
    EXPECT_THROW(aha::pack_texts(groups), aha::error);
}

}  // namespace
