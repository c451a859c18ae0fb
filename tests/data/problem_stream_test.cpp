#include <aha/data/problem_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <aha/core/error.hpp>

namespace {

using aha::detail::draws;
using aha::detail::generated_problem;
using aha::detail::problem_stream;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// The numbers below `bound`; every third draw leads nowhere.
problem_stream numbers(std::size_t bound, std::int64_t every = 4, std::uint64_t seed = 0) {
    return {{.whose = "the numbers", .settings = {{"bound", bound}}, .seed = seed, .held_out_every = every},
            [bound](draws& random) -> std::optional<generated_problem> {
                const std::string number = std::to_string(random.below(bound));
                if (random.below(3) == 0) return std::nullopt;
                return generated_problem{number, number + "?", {{"n", number}}};
            }};
}

TEST(problem_stream, holds_out_one_in_so_many) {
    // 100000 problems: 10000 expected, standard deviation 95.
    int held_out = 0;
    for (int i = 0; i < 100'000; ++i) held_out += aha::detail::is_held_out("problem " + std::to_string(i), 10);
    EXPECT_NEAR(held_out, 10'000, 475);
}

TEST(problem_stream, splits_problems_in_two_whatever_the_seed) {
    std::set<std::string> asked, kept;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        problem_stream source = numbers(50, 4, seed);
        for (int i = 0; i < 2000; ++i) asked.insert(source.next()->text);
    }
    const std::size_t left = 50 - asked.size();
    ASSERT_GT(left, 4U);
    for (std::uint64_t seed = 0; seed < 5; ++seed)
        for (const aha::prompt& p : numbers(50, 4, seed).held_out(static_cast<std::int64_t>(left))) kept.insert(p.text);
    EXPECT_EQ(kept.size(), left);
    for (const std::string& text : kept) EXPECT_FALSE(asked.contains(text)) << text;
}

TEST(problem_stream, renders_questions_and_counts_them) {
    problem_stream source{{.whose = "the one", .render = [](std::string_view q) { return "<" + std::string{q} + ">"; }},
                          [](draws& random) {
                              const std::string n = std::to_string(random.below(1'000'000));
                              return generated_problem{n, n + "?", {}};
                          }};
    for (int i = 0; i < 3; ++i) {
        const aha::prompt p = source.next().value();
        EXPECT_EQ(p.index, i);
        EXPECT_EQ(p.text, "<" + p["question"].get<std::string>() + ">");
    }
    const std::vector<aha::prompt> kept = source.held_out(3);
    EXPECT_EQ(kept[2].index, 2);
    EXPECT_EQ(kept[2].text, "<" + kept[2]["question"].get<std::string>() + ">");
}

TEST(problem_stream, says_when_there_are_too_few) {
    EXPECT_THAT([] { numbers(50).held_out(51); }, ThrowsMessage<aha::error>(HasSubstr("of the 51 held-out problems")));
    EXPECT_THAT([] { numbers(50).held_out(-1); }, ThrowsMessage<aha::error>(HasSubstr("cannot hold out -1")));
    problem_stream none{{.whose = "nothing"}, [](draws&) { return std::optional<generated_problem>{}; }};
    EXPECT_THAT([&] { none.next(); }, ThrowsMessage<aha::error>(HasSubstr("one of nothing that is not held out")));
    EXPECT_THAT([] { numbers(50, 1); }, ThrowsMessage<aha::error>(HasSubstr("at least 2, not 1")));
}

TEST(problem_stream, refuses_a_place_that_is_not_its_own) {
    problem_stream source = numbers(50);
    const auto refuses = [](problem_stream other, const aha::state& saved, const std::string& sentence) {
        EXPECT_THAT([&] { other.load(saved); }, ThrowsMessage<aha::error>(HasSubstr(sentence)));
    };
    refuses(numbers(51), source.save(), "was made with bound 50, not 51");
    refuses(numbers(50, 4, 1), source.save(), "was made with seed 0, not 1");
    refuses(numbers(50, 5), source.save(), "was made with held_out_every 4, not 5");
    refuses(numbers(50), {}, "no whole number \"asked\"");
    aha::state bad = source.save();
    bad.values["asked"] = -1;
    refuses(numbers(50), bad, ", -1, cannot be");
    bad.values = {{"asked", 1}};
    refuses(numbers(50), bad, "another source's");
    bad.values = {{"asked", 1}, {"settings", 3}};
    refuses(numbers(50), bad, "another source's");
}

}  // namespace
