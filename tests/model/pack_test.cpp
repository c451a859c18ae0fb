#include <aha/model/pack.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using testing::ElementsAre;
using tokens = std::vector<aha::token_id>;

tokens listed(const at::Tensor& x) {
    EXPECT_EQ(x.scalar_type(), at::kLong);
    EXPECT_EQ(x.dim(), 1);
    return {x.const_data_ptr<std::int64_t>(), x.const_data_ptr<std::int64_t>() + x.numel()};
}

TEST(pack_groups, lays_out_trunks_and_branches_without_padding) {
    const tokens trunk{11, 12, 13}, a{21, 22, 23}, b{31}, c{41, 42}, other{51}, d{61, 62, 63, 64};
    const std::vector<aha::token_group> groups{{trunk, {a, b, c}}, {other, {d}}};
    const aha::packed_groups packed = aha::pack_groups(groups);
    // A branch's last token predicts nothing, so it is not in the row, and a branch of one token has none.
    EXPECT_THAT(listed(packed.batch.ids), ElementsAre(11, 12, 13, 21, 22, 41, 51, 61, 62, 63));
    EXPECT_THAT(listed(packed.batch.positions), ElementsAre(0, 1, 2, 3, 4, 3, 0, 1, 2, 3));
    ASSERT_EQ(packed.batch.trees.size(), 2U);
    EXPECT_EQ(packed.batch.trees[0].trunk, (aha::segment{0, 3}));
    EXPECT_THAT(packed.batch.trees[0].branches, ElementsAre(aha::segment{3, 2}, aha::segment{5, 1}));
    EXPECT_EQ(packed.batch.trees[1].trunk, (aha::segment{6, 1}));
    EXPECT_THAT(packed.batch.trees[1].branches, ElementsAre(aha::segment{7, 3}));
    EXPECT_EQ(packed.batch.trees[1].branches[0].end(), 10);
    EXPECT_THAT(listed(packed.predictions.targets), ElementsAre(21, 22, 23, 31, 41, 42, 61, 62, 63, 64));
    EXPECT_THAT(listed(packed.predictions.rows), ElementsAre(2, 3, 4, 2, 2, 5, 6, 7, 8, 9));
}

TEST(pack_groups, every_prediction_reads_the_token_before_its_target) {
    const tokens trunk{1, 2}, a{3, 4, 5, 6}, b{7, 8};
    const aha::token_group group{trunk, {a, b}};
    const aha::packed_groups packed = aha::pack_groups(std::span{&group, 1});
    const tokens ids = listed(packed.batch.ids), rows = listed(packed.predictions.rows);
    const tokens before{2, 3, 4, 5, 2, 7};
    ASSERT_EQ(rows.size(), before.size());
    for (std::size_t n = 0; n < rows.size(); ++n) EXPECT_EQ(ids[static_cast<std::size_t>(rows[n])], before[n]);
}

TEST(pack_groups, of_nothing_is_empty) {
    const aha::packed_groups packed = aha::pack_groups({});
    EXPECT_TRUE(listed(packed.batch.ids).empty());
    EXPECT_TRUE(listed(packed.predictions.rows).empty());
    EXPECT_TRUE(packed.batch.trees.empty());
}

TEST(pack_groups, refuses_a_prompt_or_a_completion_without_tokens) {
    const auto message = [](const tokens& trunk, const tokens& branch) {
        const aha::token_group group{trunk, {branch}};
        return aha::test::complaint([&] { aha::pack_groups(std::span{&group, 1}); });
    };
    EXPECT_EQ(message({}, {1}), "a prompt without tokens cannot be packed");
    EXPECT_EQ(message({1}, {}), "a completion without tokens cannot be packed");
    EXPECT_EQ(message({1}, {1}), "no complaint");
}

TEST(pack_prompts, gives_each_prompt_a_tree_without_branches) {
    const std::vector<tokens> prompts{{5, 6, 7}, {8}};
    const aha::packed_prompts packed = aha::pack_prompts(prompts);
    EXPECT_THAT(listed(packed.batch.ids), ElementsAre(5, 6, 7, 8));
    EXPECT_THAT(listed(packed.batch.positions), ElementsAre(0, 1, 2, 0));
    EXPECT_EQ(packed.prefix.size, 0);
    EXPECT_THAT(packed.prompts, ElementsAre(aha::segment{0, 3}, aha::segment{3, 1}));
    ASSERT_EQ(packed.batch.trees.size(), 2U);
    EXPECT_EQ(packed.batch.trees[1].trunk, (aha::segment{3, 1}));
    EXPECT_TRUE(packed.batch.trees[0].branches.empty() && packed.batch.trees[1].branches.empty());
}

TEST(pack_prompts, holds_what_all_begin_with_once) {
    const std::vector<tokens> prompts{
        {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 5, 6, 7, 8, 10, 11}, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    const aha::packed_prompts packed = aha::pack_prompts(prompts);
    EXPECT_THAT(listed(packed.batch.ids), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 9));
    EXPECT_THAT(listed(packed.batch.positions), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 8));
    EXPECT_EQ(packed.prefix, (aha::segment{0, 8}));
    EXPECT_THAT(packed.prompts, ElementsAre(aha::segment{8, 1}, aha::segment{9, 2}, aha::segment{11, 1}));
    ASSERT_EQ(packed.batch.trees.size(), 1U);
    EXPECT_EQ(packed.batch.trees[0].branches, packed.prompts);
}

TEST(pack_prompts, leaves_every_prompt_a_token_of_its_own) {
    const tokens whole{1, 2, 3, 4, 5, 6, 7, 8, 9};
    const aha::packed_prompts same = aha::pack_prompts(std::vector<tokens>{whole, whole});
    EXPECT_EQ(same.prefix.size, 8);
    EXPECT_THAT(same.prompts, ElementsAre(aha::segment{8, 1}, aha::segment{9, 1}));
    const aha::packed_prompts short_one = aha::pack_prompts(std::vector<tokens>{whole, {1, 2, 3}});
    EXPECT_EQ(short_one.prefix.size, 0);  // two tokens are not worth a tree
    EXPECT_THROW(aha::pack_prompts(std::vector<tokens>{whole, {}}), aha::error);
}

}  // namespace
