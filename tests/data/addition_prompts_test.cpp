#include <aha/data/addition_prompts.hpp>

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/prompt_source.hpp>

namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

static_assert(aha::require_prompt_source<aha::addition_prompts>());

using pair = std::pair<int, int>;
pair numbers(const aha::prompt& p) { return {p["a"].get<int>(), p["b"].get<int>()}; }

TEST(addition_prompts, asks_sums_with_their_answers) {
    aha::addition_prompts source{{.render = [](std::string_view q) { return "Q: " + std::string{q} + " A:"; }}};
    for (int n = 0; n < 100; ++n) {
        const aha::prompt p = source.next().value();
        const auto [a, b] = numbers(p);
        EXPECT_EQ(p.index, n);
        EXPECT_EQ(p["question"], "What is " + std::to_string(a) + " + " + std::to_string(b) + "?");
        EXPECT_EQ(p.text, "Q: " + p["question"].get<std::string>() + " A:");
        EXPECT_EQ(p["answer"], a + b);
    }
    const aha::prompt plain = aha::addition_prompts{}.next().value();
    EXPECT_EQ(plain["question"], plain.text);
}

TEST(addition_prompts, draws_both_numbers_uniformly) {
    // 25 pairs, 10000 draws: 400 expected, standard deviation 20.
    aha::addition_prompts source{{.low = -2, .high = 2}};
    std::map<pair, int> counts;
    for (int n = 0; n < 10'000; ++n) ++counts[numbers(*source.next())];
    ASSERT_EQ(counts.size(), 25U);
    for (const auto& [drawn, count] : counts) {
        EXPECT_GE(std::min(drawn.first, drawn.second), -2);
        EXPECT_NEAR(count, 400, 90);
    }
}

TEST(addition_prompts, never_asks_what_is_held_out_nor_turned_round) {
    const aha::addition_prompts_options range{.low = 1, .high = 6};
    const std::vector<aha::prompt> kept = aha::held_out_additions(9, 3, range);
    std::set<pair> pairs, forbidden;
    for (const aha::prompt& p : kept) {
        const auto [a, b] = numbers(p);
        EXPECT_EQ(p.index, static_cast<int>(pairs.size()));
        EXPECT_TRUE(1 <= a && a <= 6 && 1 <= b && b <= 6);
        pairs.insert({a, b});
        forbidden.insert({{a, b}, {b, a}});
    }
    EXPECT_EQ(pairs.size(), 9U);
    aha::addition_prompts source{{.low = 1, .high = 6, .held_out = kept}};
    std::set<pair> asked;
    for (int n = 0; n < 2000; ++n) asked.insert(numbers(*source.next()));
    EXPECT_EQ(asked.size(), 36U - forbidden.size());
    for (const pair& p : asked) EXPECT_FALSE(forbidden.contains(p));
    EXPECT_EQ(aha::held_out_additions(36, 1, range).size(), 36U);
}

TEST(addition_prompts, goes_on_from_a_saved_place_in_the_same_questions_only) {
    const aha::addition_prompts_options options{.seed = 4, .held_out = aha::held_out_additions(100, 9)};
    aha::addition_prompts source{options}, resumed{options};
    for (int i = 0; i < 7; ++i) source.next();
    resumed.load(source.save());
    for (int i = 0; i < 7; ++i) {
        const aha::prompt a = source.next().value(), b = resumed.next().value();
        EXPECT_EQ(a.index, b.index);
        EXPECT_EQ(a.fields, b.fields);
    }
    const auto refuses = [&](aha::addition_prompts_options changed, const std::string& sentence) {
        aha::addition_prompts other{std::move(changed)};
        EXPECT_THAT([&] { other.load(source.save()); }, ThrowsMessage<aha::error>(HasSubstr(sentence)));
    };
    refuses({.seed = 4}, "other sums held out");
    refuses({.seed = 5, .held_out = options.held_out}, "seed 4, not 5");
    refuses({.high = 60, .seed = 4, .held_out = options.held_out}, "sums from 1 to 50, but these are from 1 to 60");
    EXPECT_THAT([&] { source.load({}); }, ThrowsMessage<aha::error>(HasSubstr("\"low\"")));
    EXPECT_NE(aha::addition_prompts{{.seed = 1}}.next()->text, aha::addition_prompts{{.seed = 2}}.next()->text);
}

TEST(addition_prompts, says_what_cannot_be) {
    const auto refuses = [](const aha::addition_prompts_options& options, const std::string& sentence) {
        EXPECT_THAT([&] { aha::addition_prompts{options}; }, ThrowsMessage<aha::error>(HasSubstr(sentence)));
    };
    const aha::addition_prompts_options two{.low = 1, .high = 2};
    refuses({.low = 3, .high = 2}, "are 3 and 2");
    refuses({.low = 0, .high = 2'000'000'000'000'000}, "but are 0 and 2000000000000000");
    refuses({.low = 1, .high = 2, .held_out = aha::held_out_additions(4, 0, two)}, "none is left");
    aha::prompt words;
    words.fields = {{"a", "one"}, {"b", 2}};
    refuses({.held_out = {words}}, "not a whole number");
    EXPECT_THAT([&] { aha::held_out_additions(5, 0, two); },
                ThrowsMessage<aha::error>(HasSubstr("cannot hold out 5 of the 4 sums")));
}

}  // namespace
