// What one rank tells another of a group arrives whole, turns with an environment included.
#include <aha/dist/distribute_prompts.hpp>

#include <gtest/gtest.h>

namespace {

TEST(distribute_prompts, a_group_arrives_as_it_was_sent) {
    aha::rollout_group group;
    group.completions.resize(2);
    aha::completion& c = group.completions[0];
    c.ids = {4, 5, 6, 7};
    c.text = "a\nb";
    c.log_probs = {-1, -2, 0, -3};
    c.behavior_log_probs = {-4, -5, 0, -6};
    c.entropies = {1, 2, 0, 3};
    c.ref_log_probs = {-7, -8, 0, -9};
    c.finish = aha::finish_reason::failed;
    c.turns = {{.begin = 0, .end = 2, .said = std::string{"a\0", 2}, .heard = "higher", .reward = -0.25},
               {.begin = 3, .end = 4, .said = "b", .heard = "", .reward = 7}};
    group.completions[1].ids = {1};
    group.scores = {1.5, aha::score::not_applicable()};
    group.scores[0].steps = {{2, -0.25}, {4, 7}};

    aha::detail::byte_writer mine;
    aha::detail::put_group(mine, group);
    const std::string sent = mine.take();
    aha::detail::byte_reader theirs{sent};
    aha::prompt asked;
    asked.index = 3;
    const aha::rollout_group got = aha::detail::get_group(theirs, asked);
    EXPECT_TRUE(theirs.done());
    EXPECT_EQ(got.prompt.index, 3);
    ASSERT_EQ(got.completions.size(), 2U);
    const aha::completion& d = got.completions[0];
    EXPECT_EQ(d.ids, c.ids);
    EXPECT_EQ(d.text, c.text);
    EXPECT_EQ(d.log_probs, c.log_probs);
    EXPECT_EQ(d.behavior_log_probs, c.behavior_log_probs);
    EXPECT_EQ(d.entropies, c.entropies);
    EXPECT_EQ(d.ref_log_probs, c.ref_log_probs);
    EXPECT_EQ(d.finish, aha::finish_reason::failed);
    EXPECT_EQ(d.turns, c.turns);
    EXPECT_TRUE(got.completions[1].turns.empty());
    ASSERT_EQ(got.scores.size(), 2U);
    EXPECT_EQ(got.scores[0].value, 1.5);
    EXPECT_EQ(got.scores[0].steps, group.scores[0].steps);
    EXPECT_FALSE(got.scores[1].applicable);
}

}  // namespace
