#include <aha/core/policy_tokens.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using testing::ElementsAre;

aha::completion said(std::size_t tokens, std::vector<std::pair<std::int64_t, std::int64_t>> turns) {
    aha::completion c;
    c.ids.resize(tokens);
    for (const auto& [begin, end] : turns) c.turns.push_back({.begin = begin, .end = end});
    return c;
}

std::vector<std::size_t> places(const aha::completion& c) {
    std::vector<std::size_t> all;
    aha::for_each_policy_token(c, [&](std::size_t t) { all.push_back(t); });
    return all;
}

TEST(policy_tokens, are_all_without_turns) {
    const aha::completion c = said(3, {});
    EXPECT_EQ(aha::num_policy_tokens(c), 3);
    EXPECT_THAT(places(c), ElementsAre(0, 1, 2));
    ASSERT_EQ(aha::policy_segments(c).size(), 1U);
    EXPECT_EQ(aha::policy_segments(c)[0].end(), 3);
    EXPECT_EQ(aha::num_policy_tokens(said(0, {})), 0);
    EXPECT_THAT(places(said(0, {})), ElementsAre());
}

TEST(policy_tokens, are_those_of_the_turns) {
    const aha::completion c = said(9, {{0, 2}, {5, 6}, {6, 9}});
    EXPECT_EQ(aha::num_policy_tokens(c), 6);
    EXPECT_THAT(places(c), ElementsAre(0, 1, 5, 6, 7, 8));
    const auto own = aha::policy_segments(c);
    ASSERT_EQ(own.size(), 3U);
    EXPECT_EQ(own[1].begin, 5);
    EXPECT_EQ(own[1].end(), 6);
}

TEST(policy_tokens, turns_that_do_not_follow_one_another_are_named) {
    const auto message = [](const aha::completion& c) {
        return aha::test::complaint([&] { aha::require_turns_in_order(c, "sample 3"); });
    };
    EXPECT_EQ(message(said(9, {{0, 2}, {5, 6}, {6, 9}})), "no complaint");
    EXPECT_EQ(message(said(9, {})), "no complaint");
    EXPECT_EQ(message(said(9, {{1, 9}})), "sample 3: turn 0 has tokens 1 to 9, after the one that ends at 0");
    EXPECT_EQ(message(said(9, {{0, 4}, {3, 9}})), "sample 3: turn 1 has tokens 3 to 9, after the one that ends at 4");
    EXPECT_EQ(message(said(9, {{0, 4}, {5, 5}})), "sample 3: turn 1 has tokens 5 to 5, after the one that ends at 4");
    EXPECT_EQ(message(said(9, {{0, 4}, {5, 8}})), "sample 3: the last turn ends at token 8 of 9");
    EXPECT_EQ(message(said(7, {{0, 4}, {5, 8}})), "sample 3: the last turn ends at token 8 of 7");
}

}  // namespace
