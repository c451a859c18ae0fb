#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include <aha/concepts/prompt_source.hpp>
#include <aha/data/curriculum_prompts.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;

static_assert(aha::prompt_source<aha::curriculum_prompts> && aha::prompt_source_hears_scores<aha::curriculum_prompts>);

std::vector<aha::prompt> made(std::size_t count) {
    std::vector<aha::prompt> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i].text = std::to_string(i);
    return all;
}

aha::rollout_group answered(const aha::prompt& p, std::vector<aha::score> scores) {
    aha::rollout_group group;
    group.prompt = p;
    group.scores = std::move(scores);
    return group;
}

/// How often each of `count` prompts comes among `draws`.
std::map<std::string, int> drawn(aha::curriculum_prompts& source, int draws) {
    std::map<std::string, int> times;
    for (int i = 0; i < draws; ++i) ++times[source.next()->text];
    return times;
}

TEST(curriculum_prompts, asks_what_is_solved_half_the_time_most_often) {
    aha::curriculum_prompts source{made(3), {.floor = 0.1, .memory = 0}};
    const auto all = made(3);
    std::vector<aha::rollout_group> groups{answered(all[0], {0.0, 0.0}), answered(all[1], {1.0, 0.0}),
                                           answered(all[2], {1.0, 1.0})};
    for (std::size_t i = 0; i < 3; ++i) groups[i].prompt.index = static_cast<std::int64_t>(i) + 6;
    source.hear(groups);
    EXPECT_EQ(source.pass_rates(), (std::vector<double>{0, 0.5, 1}));
    auto times = drawn(source, 12000);
    EXPECT_NEAR(times["1"], 10000, 300);  // weights 0.1, 1, 0.1
    EXPECT_NEAR(times["0"], 1000, 150);
}

TEST(curriculum_prompts, remembers_part_of_the_rate_before_and_ignores_what_does_not_apply) {
    aha::curriculum_prompts source{made(2), {.memory = 0.5}};
    aha::score none{0.0};
    none.applicable = false;
    aha::rollout_group group = answered(made(2)[1], {7.0, 1.0, none});
    group.prompt.index = 1;
    source.hear(std::vector<aha::rollout_group>{group});
    EXPECT_EQ(source.pass_rates(), (std::vector<double>{0.5, 0.75}));
    source.hear(std::vector<aha::rollout_group>{answered(made(1)[0], {none})});
    EXPECT_EQ(source.pass_rates()[0], 0.5);
}

TEST(curriculum_prompts, goes_on_bit_for_bit_and_gives_each_draw_an_index_of_its_own) {
    aha::curriculum_prompts one{made(4), {.seed = 3}}, other{made(4), {.seed = 3}};
    drawn(one, 5);
    other.load(one.save());
    std::vector<std::int64_t> first, second;
    for (int i = 0; i < 20; ++i) first.push_back(one.next()->index), second.push_back(other.next()->index);
    EXPECT_EQ(first, second);
    std::ranges::sort(first);
    EXPECT_EQ(std::ranges::adjacent_find(first), first.end());
    EXPECT_THAT(complaint([&] {
                    aha::curriculum_prompts{made(5), {.seed = 3}}.load(one.save());
                }),
                testing::HasSubstr("has 4 prompts, this one 5"));
    EXPECT_THAT(complaint([&] {
                    aha::curriculum_prompts{made(4), {.seed = 4}}.load(one.save());
                }),
                testing::HasSubstr("seed 3, not 4"));
}

TEST(curriculum_prompts, refuses_what_makes_no_sense) {
    EXPECT_THAT(complaint([] { aha::curriculum_prompts{std::vector<aha::prompt>{}}; }),
                testing::HasSubstr("no prompts"));
    EXPECT_THAT(complaint([] { aha::curriculum_prompts{made(1), {.floor = 0}}; }), testing::HasSubstr("not 0"));
    EXPECT_THAT(complaint([] { aha::curriculum_prompts{made(1), {.memory = 1}}; }), testing::HasSubstr("not 1"));
}

}  // namespace
