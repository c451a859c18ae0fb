#include <aha/data/mixed_prompts.hpp>

#include <algorithm>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/prompt_source.hpp>
#include <aha/data/addition_prompts.hpp>
#include <aha/data/vector_prompts.hpp>

#include "generator_support.hpp"

namespace {

using aha::mixed_part;
using aha::mixed_prompts;
using aha::generator_support::take;
using testing::HasSubstr;
using testing::ThrowsMessage;

static_assert(aha::require_prompt_source<mixed_prompts>());

/// `count` prompts, once, in order.
aha::vector_prompts once(const std::string& name, int count) {
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) texts.push_back(name + std::to_string(i));
    return aha::vector_prompts{texts, {.shuffle = false, .epochs = 1}};
}

mixed_prompts sums_and_letters(std::uint64_t seed = 1, int letters = 5) {
    return mixed_prompts{{.seed = seed},
                         mixed_part{"sums", 3, aha::addition_prompts{{.seed = 8}}},
                         mixed_part{"letters", 1, once("letter", letters)}};
}

TEST(mixed_prompts, draws_by_weight_and_says_where_from) {
    // 8000 draws, standard deviation at most 45.
    mixed_prompts source{{},
                         mixed_part{"a", 1, aha::addition_prompts{}},
                         mixed_part{"b", 2.5, aha::addition_prompts{{.seed = 1}}},
                         mixed_part{"c", 0.5, aha::addition_prompts{{.seed = 2}}}};
    std::map<std::string, int> counts;
    std::set<std::int64_t> indices;
    std::map<std::string, aha::addition_prompts> alone;
    alone.emplace("a", aha::addition_prompts{});
    alone.emplace("b", aha::addition_prompts{{.seed = 1}});
    alone.emplace("c", aha::addition_prompts{{.seed = 2}});
    for (const aha::prompt& p : take(source, 8000)) {
        const auto from = p["source"].get<std::string>();
        ++counts[from];
        EXPECT_TRUE(indices.insert(p.index).second) << p.index;
        const aha::prompt same = alone.at(from).next().value();  // nothing is skipped
        EXPECT_EQ(p.text, same.text);
        EXPECT_EQ(p["answer"], same["answer"]);
    }
    EXPECT_NEAR(counts["a"], 2000, 180);
    EXPECT_NEAR(counts["b"], 5000, 200);
    EXPECT_NEAR(counts["c"], 1000, 140);
}

TEST(mixed_prompts, a_part_that_ends_leaves_its_share_to_the_others) {
    mixed_prompts source{{.seed = 2},
                         mixed_part{"short", 98, once("s", 3)},
                         mixed_part{"b", 1, aha::addition_prompts{}},
                         mixed_part{"c", 3, aha::addition_prompts{}}};
    std::map<std::string, int> counts;
    for (const aha::prompt& p : take(source, 4003)) ++counts[p["source"].get<std::string>()];
    EXPECT_EQ(counts["short"], 3);
    EXPECT_NEAR(counts["b"], 1000, 125);
    mixed_prompts finite{{}, mixed_part{"a", 1, once("a", 4)}, mixed_part{"b", 1, once("b", 2)}};
    std::set<std::string> texts;
    std::set<std::int64_t> indices;
    while (const auto p = finite.next()) {
        texts.insert(p->text);
        indices.insert(p->index);
    }
    EXPECT_EQ(texts, (std::set<std::string>{"a0", "a1", "a2", "a3", "b0", "b1"}));
    EXPECT_EQ(indices, (std::set<std::int64_t>{0, 2, 4, 6, 1, 3}));
    EXPECT_FALSE(finite.next());
}

TEST(mixed_prompts, goes_on_from_any_saved_place) {
    mixed_prompts whole = sums_and_letters();
    const std::vector<aha::prompt> all = take(whole, 60);  // the letters have ended
    ASSERT_EQ(std::count_if(all.begin(), all.end(), [](const auto& p) { return p["source"] == "letters"; }), 5);
    for (int taken = 0; taken < 60; taken += 3) {
        mixed_prompts first = sums_and_letters(), resumed = sums_and_letters();
        take(first, taken);
        resumed.load(first.save());
        for (int i = taken; i < 60; ++i) {
            const aha::prompt p = resumed.next().value(), &expected = all[static_cast<std::size_t>(i)];
            EXPECT_EQ(p.text, expected.text);
            EXPECT_EQ(p.index, expected.index);
            EXPECT_EQ(p.fields, expected.fields);
        }
    }
}

TEST(mixed_prompts, is_a_part_of_another_mixture) {
    const auto nested = [] {
        return mixed_prompts{{.seed = 3, .field = "part"},
                             mixed_part{"inner", 1, sums_and_letters()},
                             mixed_part{"more", 1, aha::addition_prompts{{.seed = 9}}}};
    };
    mixed_prompts source = nested(), resumed = nested();
    std::set<std::int64_t> indices;
    for (const aha::prompt& p : take(source, 40)) {
        EXPECT_EQ(p.fields.contains("source"), p["part"] == "inner");
        EXPECT_TRUE(indices.insert(p.index).second);
    }
    resumed.load(source.save());
    EXPECT_EQ(source.next()->text, resumed.next()->text);
}

TEST(mixed_prompts, takes_as_many_parts_as_there_are_at_run_time) {
    std::vector<mixed_part> parts;
    for (int i = 0; i < 4; ++i) parts.emplace_back(std::string(1, static_cast<char>('a' + i)), 1, once("x", 1));
    mixed_prompts source{{.field = ""}, std::move(parts)};
    for (const aha::prompt& p : take(source, 4)) EXPECT_TRUE(p.fields.empty());
    EXPECT_FALSE(source.next());
}

TEST(mixed_prompts, refuses_a_place_that_is_not_its_own) {
    mixed_prompts source = sums_and_letters();
    take(source, 9);
    const aha::state saved = source.save();
    const auto refuses = [](mixed_prompts other, const aha::state& place, const std::string& sentence) {
        EXPECT_THAT([&] { other.load(place); }, ThrowsMessage<aha::error>(HasSubstr(sentence)));
    };
    const auto two = [](const std::string& name, double weight) {
        return mixed_prompts{{.seed = 1},
                             mixed_part{"sums", weight, aha::addition_prompts{{.seed = 8}}},
                             mixed_part{name, 1, once("letter", 5)}};
    };
    two("letters", 3).load(saved);
    refuses(sums_and_letters(2), saved, "order of seed 1, not 2");
    refuses(two("letters", 2), saved, "but this one is of");
    refuses(two("words", 3), saved, R"({"name":"letters","weight":1.0})");
    refuses(sums_and_letters(1, 4), saved, "data set of 5 rows");
    refuses(sums_and_letters(), {}, "\"seed\"");
    for (const nlohmann::json& bad : {nlohmann::json{true}, nlohmann::json{1, 0}, nlohmann::json{"a", "b"}}) {
        aha::state broken = saved;
        broken.values["ended"] = bad;
        refuses(sums_and_letters(), broken, "which of its parts have ended");
    }
    aha::state negative = saved;
    negative.values["drawn"] = -1;
    refuses(sums_and_letters(), negative, ", -1, cannot be");
}

TEST(mixed_prompts, says_what_cannot_be) {
    const auto refuses = [](const auto& call, const std::string& sentence) {
        EXPECT_THAT(call, ThrowsMessage<aha::error>(HasSubstr(sentence)));
    };
    const auto part = [](std::string name, double weight) { return mixed_part{std::move(name), weight, once("x", 1)}; };
    refuses([&] { part("", 1); }, "must have a name");
    refuses([&] { part("a", 0); }, "weight of \"a\" must be positive and finite, not 0");
    refuses([&] { part("a", std::numeric_limits<double>::infinity()); }, "not inf");
    refuses([&] { part("a", std::numeric_limits<double>::quiet_NaN()); }, "not nan");
    refuses([&] { mixed_prompts{{}, std::vector<mixed_part>{}}; }, "at least one part");
    refuses([&] { mixed_prompts{{}, part("a", 1), part("a", 2)}; }, "two parts of the mixture are called \"a\"");
    aha::prompt owned, far;
    owned.fields["source"] = "a book";
    far.index = std::numeric_limits<std::int64_t>::max() / 2;
    struct one_prompt {
        aha::prompt it;
        std::optional<aha::prompt> next() { return it; }
        aha::state save() const { return {}; }
        void load(const aha::state&) {}
    };
    mixed_prompts books{{}, mixed_part{"books", 1, one_prompt{owned}}};
    refuses([&] { books.next(); }, "prompt 0 of \"books\" has a field \"source\" of its own");
    mixed_prompts distant{{}, mixed_part{"far", 9, one_prompt{far}}, mixed_part{"far too", 1, one_prompt{far}}};
    refuses([&] { distant.next(); }, "cannot be told from other parts'");
}

}  // namespace
