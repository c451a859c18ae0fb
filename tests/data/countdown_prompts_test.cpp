#include <aha/data/countdown_prompts.hpp>

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include <aha/concepts/prompt_source.hpp>
#include <aha/reward/countdown.hpp>

#include "generator_support.hpp"

namespace {

using namespace aha;
using namespace aha::generator_support;

static_assert(require_prompt_source<countdown_prompts>());

/// The numbers in order and the target.
std::vector<std::int64_t> problem(const prompt& p) {
    auto all = p["numbers"].get<std::vector<std::int64_t>>();
    std::sort(all.begin(), all.end());
    all.push_back(p["target"].get<std::int64_t>());
    return all;
}

completion answering(const prompt& p) {
    completion given;
    given.text = "<answer>" + p["solution"].get<std::string>() + "</answer>";
    return given;
}

TEST(countdown_prompts, asks_what_can_be_reached) {
    std::set<std::size_t> sizes;
    std::set<char> used;
    countdown_prompts source;
    for (const prompt& p : take(source, 3000)) {
        EXPECT_EQ(countdown{}(p, answering(p)), 1) << p["solution"];
        const auto numbers = p["numbers"].get<std::vector<std::int64_t>>();
        sizes.insert(numbers.size());
        for (const std::int64_t number : numbers) EXPECT_TRUE(1 <= number && number <= 99) << number;
        const auto target = p["target"].get<std::int64_t>();
        EXPECT_TRUE(10 <= target && target <= 99) << target;
        for (const char c : p["solution"].get<std::string>())
            if (std::string{"+-*/"}.find(c) != std::string::npos) used.insert(c);
    }
    EXPECT_EQ(sizes, (std::set<std::size_t>{3, 4}));
    EXPECT_EQ(used.size(), 4U);
}

TEST(countdown_prompts, puts_the_question_in_words) {
    countdown_prompts source{{.min_numbers = 3, .max_numbers = 3, .operators = "+-", .render = [](std::string_view q) {
                                  return "Q: " + std::string{q};
                              }}};
    const prompt p = source.next().value();
    const auto n = p["numbers"].get<std::vector<int>>();
    EXPECT_EQ(p["question"], "Make " + p["target"].dump() + " of the numbers " + std::to_string(n[0]) + ", " +
                                 std::to_string(n[1]) + " and " + std::to_string(n[2]) +
                                 ". Use each number exactly once, with + or - and round brackets. Answer with the "
                                 "expression alone.");
    EXPECT_EQ(p.text, "Q: " + p["question"].get<std::string>());
}

TEST(countdown_prompts, never_asks_what_is_held_out) {
    const auto options = [](std::uint64_t seed) {  // few enough problems that chance alone would repeat them
        return countdown_prompts_options{
            .min_numbers = 2, .high = 12, .target_low = 1, .target_high = 30, .seed = seed};
    };
    std::set<std::vector<std::int64_t>> kept;
    for (const prompt& p : held_out_countdown(300, options(7))) {
        EXPECT_EQ(p.index, static_cast<std::int64_t>(kept.size()));
        EXPECT_TRUE(kept.insert(problem(p)).second);
        EXPECT_EQ(countdown{}(p, answering(p)), 1);
    }
    std::set<std::vector<std::int64_t>> asked;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        countdown_prompts source{options(seed)};
        for (const prompt& p : take(source, 20'000)) asked.insert(problem(p));
    }
    EXPECT_GT(asked.size(), 3000U);
    for (const auto& p : kept) EXPECT_FALSE(asked.contains(p));
}

TEST(countdown_prompts, goes_on_from_a_saved_place_in_the_same_problems_only) {
    const countdown_prompts_options options{.seed = 4};
    expect_resumes<countdown_prompts>(options);
    const auto refuses = [&](const countdown_prompts_options& changed, const std::string& sentence) {
        expect_refuses_place<countdown_prompts>(options, changed, sentence);
    };
    refuses({.seed = 5}, "made with seed 4, not 5");
    refuses({.min_numbers = 2, .seed = 4}, "made with min_numbers 3, not 2");
    refuses({.max_numbers = 5, .seed = 4}, "made with max_numbers 4, not 5");
    refuses({.low = 2, .seed = 4}, "made with low 1, not 2");
    refuses({.high = 50, .seed = 4}, "made with high 99, not 50");
    refuses({.target_low = 11, .seed = 4}, "made with target_low 10, not 11");
    refuses({.target_high = 50, .seed = 4}, "made with target_high 99, not 50");
    refuses({.operators = "+-", .seed = 4}, "made with operators \"+-*/\", not \"+-\"");
    refuses({.seed = 4, .held_out_every = 5}, "made with held_out_every 10, not 5");
    EXPECT_NE(countdown_prompts{{.seed = 1}}.next()->text, countdown_prompts{{.seed = 2}}.next()->text);
}

TEST(countdown_prompts, says_what_cannot_be) {
    const auto refuses = [](const countdown_prompts_options& options, const std::string& sentence) {
        expect_refuses<countdown_prompts>(options, sentence);
    };
    refuses({.min_numbers = 1}, "are 1 and 4");
    refuses({.min_numbers = 5}, "are 5 and 4");
    refuses({.max_numbers = 9}, "are 3 and 9");
    refuses({.low = 0}, "are 0 and 99");
    refuses({.low = 100}, "are 100 and 99");
    refuses({.high = 1'000'001}, "are 1 and 1000001");
    refuses({.target_low = 0}, "are 0 and 99");
    refuses({.target_low = 100}, "are 100 and 99");
    refuses({.operators = ""}, "operators must not be empty");
    refuses({.operators = "+^"}, "not \"+^\"");
    refuses({.operators = "++"}, "not \"++\"");
    refuses({.held_out_every = 1}, "at least 2, not 1");
    countdown_prompts none{{.low = 50, .high = 99, .target_high = 40, .operators = "+"}};
    EXPECT_THAT([&] { none.next(); }, testing::ThrowsMessage<error>(testing::HasSubstr("the bounds leave too few")));
}

}  // namespace
