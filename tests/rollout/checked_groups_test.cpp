#include <aha/rollout/checked_groups.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using testing::HasSubstr;

std::vector<aha::prompt> prompts() {
    std::vector<aha::prompt> two(2);
    two[0].index = 5;
    two[1].index = 8;
    return two;
}

std::vector<aha::rollout_group> groups() {
    std::vector<aha::rollout_group> all;
    for (const aha::prompt& p : prompts()) {
        aha::completion c;
        c.ids = {1, 2};
        c.log_probs = c.behavior_log_probs = {-1, -2};
        all.push_back({p, {c, c, c}, {}, {}});
    }
    return all;
}

std::string said_of(const std::vector<aha::rollout_group>& given) {
    return complaint([&] { aha::detail::checked_groups(given, prompts(), 3); });
}

TEST(checked_groups, lets_pass_what_is_right) {
    EXPECT_EQ(aha::detail::checked_groups(groups(), prompts(), 3).size(), 2U);
}

TEST(checked_groups, names_what_a_sampler_left_out) {
    auto given = groups();
    given.pop_back();
    EXPECT_EQ(said_of(given), "the sampler gave 1 groups for 2 prompts");
    given = groups();
    std::swap(given[0], given[1]);
    EXPECT_EQ(said_of(given), "the sampler gave prompt 8 in the place of 5");
    given = groups();
    given[1].completions.pop_back();
    EXPECT_EQ(said_of(given), "the sampler gave 2 completions of prompt 8 instead of 3");
    given = groups();
    given[1].completions[2].ids.clear();
    EXPECT_EQ(said_of(given), "the sampler gave no tokens in completion 2 of prompt 8");
    given = groups();
    given[0].completions[1].log_probs.clear();
    EXPECT_THAT(said_of(given),
                HasSubstr("2 tokens, 0 log_probs and 2 behavior_log_probs in completion 1 of prompt 5"));
}

}  // namespace
