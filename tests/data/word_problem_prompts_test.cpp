#include <aha/data/word_problem_prompts.hpp>

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/prompt_source.hpp>

#include "generator_support.hpp"

namespace {

using namespace aha;
using namespace aha::generator_support;

static_assert(require_prompt_source<word_problem_prompts>());

/// Reads a question as a person does, sentence by sentence, from the words alone.
class reader {
public:
    reader() {
        const auto when = [&](const char* pattern, std::function<long(long, long, long)> change) {
            rules_.emplace_back(std::regex{pattern}, std::move(change));
        };
        when("[A-Z][a-z]+ has (\\d+) [a-z]+", [](long, long a, long) { return a; });
        when("(?:She|He) (?:buys|finds) (\\d+) more [a-z]+", [](long v, long a, long) { return v + a; });
        when("[A-Z][a-z]+ gives [A-Z][a-z]+ (\\d+) [a-z]+", [](long v, long a, long) { return v + a; });
        when("(?:She|He) gives (\\d+) [a-z]+ to [A-Z][a-z]+", [](long v, long a, long) { return v - a; });
        when("(?:She|He) loses (\\d+) [a-z]+", [](long v, long a, long) { return v - a; });
        when("(?:She|He) sells (\\d+) of the [a-z]+", [](long v, long a, long) { return v - a; });
        when("(?:She|He) buys (\\d+) [a-z]+ of (\\d+) [a-z]+ each", [](long v, long a, long b) { return v + a * b; });
        when("On each of the next (\\d+) days [A-Z][a-z]+ gets (\\d+) more [a-z]+",
             [](long v, long a, long b) { return v + a * b; });
        when("(\\d+) friends give [A-Z][a-z]+ (\\d+) [a-z]+ each", [](long v, long a, long b) { return v + a * b; });
        when("(?:She|He) fills (\\d+) [a-z]+ with (\\d+) [a-z]+ each and sells them",
             [](long v, long a, long b) { return v - a * b; });
        when("(?:She|He) gives (\\d+) [a-z]+ to each of (\\d+) friends",
             [](long v, long a, long b) { return v - a * b; });
        when("On each of the next (\\d+) days [A-Z][a-z]+ loses (\\d+) [a-z]+",
             [](long v, long a, long b) { return v - a * b; });
        when("(?:A week later|By the end of the year) [A-Z][a-z]+ has (\\d+) times as many [a-z]+ as before",
             [](long v, long a, long) { return v * a; });
        when("(?:She|He) trades all of them for (\\d+) times as many [a-z]+",
             [](long v, long a, long) { return v * a; });
        const auto share = [](long v, long a, long) { return v % a == 0 ? v / a : -1'000'000; };
        when("(?:She|He) divides the [a-z]+ into (\\d+) equal heaps and keeps only one of them", share);
        when("(?:She|He) shares the [a-z]+ so that (\\d+) people, [A-Z][a-z]+ among them, have equally many", share);
        when(
            "(?:She|He) puts the [a-z]+ into (\\d+) [a-z]+, equally many in each, and gives all but one of the [a-z]+ "
            "away",
            share);
        when("[A-Z][a-z]+ has (\\d+) more [a-z]+ than [A-Z][a-z]+", [](long v, long a, long) { return 2 * v + a; });
        when("[A-Z][a-z]+ has (\\d+) times as many [a-z]+ as [A-Z][a-z]+",
             [](long v, long a, long) { return v * (a + 1); });
        when("How many [a-z]+ does [A-Z][a-z]+ have now", [](long v, long, long) { return v; });
        when("How many [a-z]+ do the two have together", [](long v, long, long) { return v; });
    }

    /// The answer; counts which rules were used.
    long answer(const std::string& question) {
        long value = 0;
        const std::regex sentence{"[^.?]+[.?]"};
        for (std::sregex_iterator at{question.begin(), question.end(), sentence}, end; at != end; ++at) {
            std::string words = at->str();
            words = words.substr(words.find_first_not_of(' '));
            words.pop_back();
            std::size_t fits = 0;
            for (std::size_t i = 0; i < rules_.size(); ++i) {
                std::smatch found;
                if (!std::regex_match(words, found, rules_[i].first)) continue;
                ++fits;
                used.insert(i);
                value = rules_[i].second(value, found.size() > 1 ? std::stol(found[1]) : 0,
                                         found.size() > 2 ? std::stol(found[2]) : 0);
            }
            EXPECT_EQ(fits, 1U) << words;
        }
        return value;
    }

    std::size_t rules() const { return rules_.size(); }
    std::set<std::size_t> used;

private:
    std::vector<std::pair<std::regex, std::function<long(long, long, long)>>> rules_;
};

struct equation {
    long left, right, result;
    char op;
};

std::vector<equation> equations(const std::string& solution) {
    static const std::regex pattern{"(\\d+) ([-+*/]) (\\d+) = (\\d+)"};
    std::vector<equation> all;
    for (std::sregex_iterator at{solution.begin(), solution.end(), pattern}, end; at != end; ++at)
        all.push_back({std::stol((*at)[1]), std::stol((*at)[3]), std::stol((*at)[4]), (*at)[2].str()[0]});
    return all;
}

bool holds(const equation& e) {
    switch (e.op) {
        case '+': return e.left + e.right == e.result;
        case '-': return e.left - e.right == e.result;
        case '*': return e.left * e.right == e.result;
        default: return e.right * e.result == e.left;
    }
}

TEST(word_problem_prompts, the_words_say_what_the_answer_is) {
    reader person;
    word_problem_prompts source;
    std::set<int> steps;
    for (const prompt& p : take(source, 1500)) {
        EXPECT_EQ(p["answer"], person.answer(p.text)) << p.text;
        EXPECT_EQ(p["question"], p.text);
        steps.insert(p["steps"].get<int>());
    }
    EXPECT_EQ(person.used.size(), person.rules());  // every wording came up
    EXPECT_EQ(steps, (std::set<int>{2, 3, 4, 5}));
}

TEST(word_problem_prompts, the_solution_works_the_answer_out) {
    word_problem_prompts source{{.largest = 300}};
    for (const prompt& p : take(source, 2000)) {
        const auto solution = p["solution"].get<std::string>();
        const std::vector<equation> work = equations(solution);
        std::istringstream lines{solution};
        std::vector<std::string> all;
        for (std::string line; std::getline(lines, line);) all.push_back(line);
        EXPECT_EQ(all.size(), p["steps"].get<std::size_t>() + 2) << solution;
        EXPECT_EQ(all.back(), "The answer is " + p["answer"].dump() + ".");
        ASSERT_GE(work.size(), p["steps"].get<std::size_t>());
        for (const equation& e : work) {
            EXPECT_TRUE(holds(e)) << solution;
            EXPECT_TRUE(2 <= e.result && e.result <= 300) << solution;
        }
        EXPECT_EQ(work.back().result, p["answer"].get<long>()) << solution;
    }
}

TEST(word_problem_prompts, keeps_to_its_bounds) {
    word_problem_prompts source{
        {.min_steps = 3, .max_steps = 3, .low = 6, .high = 9, .largest = 50, .render = [](std::string_view q) {
             return "Q: " + std::string{q};
         }}};
    const std::regex number{"\\d+"};
    for (const prompt& p : take(source, 1000)) {
        EXPECT_EQ(p["steps"], 3);
        EXPECT_TRUE(2 <= p["answer"] && p["answer"] <= 50);
        EXPECT_EQ(p.text, "Q: " + p["question"].get<std::string>());
        for (std::sregex_iterator at{p.text.begin(), p.text.end(), number}, end; at != end; ++at) {
            const long n = std::stol(at->str());
            EXPECT_TRUE(2 <= n && n <= 9) << p.text;  // 2 to 5 are factors and shares
        }
    }
}

TEST(word_problem_prompts, never_asks_what_is_held_out_in_other_words) {
    const auto options = [](std::uint64_t seed) {
        return word_problem_prompts_options{.min_steps = 1, .max_steps = 2, .high = 4, .seed = seed};
    };
    const auto form = [](const prompt& p) {  // the sums, without who and what
        std::string all;
        for (const equation& e : equations(p["solution"].get<std::string>()))
            all += std::to_string(e.left) + e.op + std::to_string(e.right) + " ";
        return all;
    };
    std::set<std::string> kept, asked;
    for (const prompt& p : held_out_word_problems(40, options(7))) {
        EXPECT_EQ(p.index, static_cast<std::int64_t>(kept.size()));
        EXPECT_TRUE(kept.insert(form(p)).second) << p.text;
    }
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        word_problem_prompts source{options(seed)};
        for (const prompt& p : take(source, 5000)) asked.insert(form(p));
    }
    EXPECT_GT(asked.size(), 300U);
    for (const std::string& one : kept) EXPECT_FALSE(asked.contains(one)) << one;
}

TEST(word_problem_prompts, goes_on_from_a_saved_place_in_the_same_problems_only) {
    const word_problem_prompts_options options{.seed = 4};
    expect_resumes<word_problem_prompts>(options);
    const auto refuses = [&](const word_problem_prompts_options& changed, const std::string& sentence) {
        expect_refuses_place<word_problem_prompts>(options, changed, sentence);
    };
    refuses({.seed = 5}, "made with seed 4, not 5");
    refuses({.min_steps = 3, .seed = 4}, "made with min_steps 2, not 3");
    refuses({.max_steps = 3, .seed = 4}, "made with max_steps 5, not 3");
    refuses({.low = 3, .seed = 4}, "made with low 2, not 3");
    refuses({.high = 30, .seed = 4}, "made with high 20, not 30");
    refuses({.largest = 30, .seed = 4}, "made with largest 1000, not 30");
    refuses({.seed = 4, .held_out_every = 5}, "made with held_out_every 10, not 5");
    EXPECT_NE(word_problem_prompts{{.seed = 1}}.next()->text, word_problem_prompts{{.seed = 2}}.next()->text);
}

TEST(word_problem_prompts, says_what_cannot_be) {
    const auto refuses = [](const word_problem_prompts_options& options, const std::string& sentence) {
        expect_refuses<word_problem_prompts>(options, sentence);
    };
    refuses({.min_steps = 0}, "are 0 and 5");
    refuses({.min_steps = 6}, "are 6 and 5");
    refuses({.max_steps = 21}, "are 2 and 21");
    refuses({.low = 1}, "are 1 and 20");
    refuses({.low = 21}, "are 21 and 20");
    refuses({.largest = 19}, "from 20, not 19");
    refuses({.held_out_every = -1}, "at least 2, not -1");
}

}  // namespace
