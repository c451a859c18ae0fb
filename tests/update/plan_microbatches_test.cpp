#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <span>
#include <vector>

#include <aha/update/plan_microbatches.hpp>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct text {
    std::int64_t tokens;
    std::int64_t shared = 0;
    int group = 0;  // 0: alone
};

const std::vector<int> group_places(10);

/// How many tokens the texts of each microbatch have of their own.
std::vector<std::vector<std::int64_t>> plan(const std::vector<text>& texts, std::int64_t budget) {
    const auto size_of = [](const text& one) {
        return aha::packed_size{one.tokens, one.shared,
                                one.group == 0 ? nullptr : &group_places[static_cast<std::size_t>(one.group)]};
    };
    std::vector<std::vector<std::int64_t>> tokens;
    for (const std::vector<text>& part : aha::plan_microbatches(std::span<const text>{texts}, budget, size_of)) {
        tokens.emplace_back();
        for (const text& one : part) tokens.back().push_back(one.tokens);
    }
    return tokens;
}

TEST(plan_microbatches, fills_each_up_to_the_budget) {
    EXPECT_THAT(plan({}, 10), IsEmpty());
    EXPECT_THAT(plan({{4}, {6}, {1}, {9}, {2}}, 10), ElementsAre(ElementsAre(4, 6), ElementsAre(1, 9), ElementsAre(2)));
}

TEST(plan_microbatches, gives_an_item_over_the_budget_one_of_its_own) {
    EXPECT_THAT(plan({{3}, {11}, {3}}, 10), ElementsAre(ElementsAre(3), ElementsAre(11), ElementsAre(3)));
}

TEST(plan_microbatches, counts_what_a_group_begins_with_once) {
    EXPECT_THAT(plan({{2, 4, 1}, {3, 4, 1}, {1}}, 10), ElementsAre(ElementsAre(2, 3, 1)));
    EXPECT_THAT(plan({{2, 4, 1}, {3, 4, 2}, {1}}, 10), ElementsAre(ElementsAre(2), ElementsAre(3, 1)));
}

TEST(plan_microbatches, keeps_a_group_whole_that_fits) {
    EXPECT_THAT(plan({{5}, {2, 2, 1}, {2, 2, 1}}, 10), ElementsAre(ElementsAre(5), ElementsAre(2, 2)));
}

TEST(plan_microbatches, cuts_a_longer_one_and_counts_its_beginning_again) {
    EXPECT_THAT(plan({{3, 4, 1}, {3, 4, 1}, {3, 4, 1}, {3, 4, 1}}, 10),
                ElementsAre(ElementsAre(3, 3), ElementsAre(3, 3)));
    EXPECT_THAT(plan({{9, 4, 1}, {9, 4, 1}}, 10), ElementsAre(ElementsAre(9), ElementsAre(9)));
}

}  // namespace
