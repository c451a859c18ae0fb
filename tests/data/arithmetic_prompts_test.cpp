#include <aha/data/arithmetic_prompts.hpp>

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <aha/concepts/prompt_source.hpp>

#include "generator_support.hpp"

namespace {

using namespace aha;
using namespace aha::generator_support;

static_assert(require_prompt_source<arithmetic_prompts>());

/// An expression read anew: numbers and operators in turn.
struct tokens {
    std::vector<long> numbers;
    std::string operators;
};

tokens read(const std::string& expression) {
    tokens all;
    std::istringstream in{expression};
    long number = 0;
    char op = 0;
    in >> number;
    all.numbers.push_back(number);
    while (in >> op >> number) {
        all.operators += op;
        all.numbers.push_back(number);
    }
    return all;
}

/// In two passes: products first, then from left to right.
long value_of(tokens e) {
    for (std::size_t i = 0; i < e.operators.size();) {
        if (e.operators[i] != '*') {
            ++i;
            continue;
        }
        e.numbers[i] *= e.numbers[i + 1];
        e.numbers.erase(e.numbers.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        e.operators.erase(i, 1);
    }
    long value = e.numbers[0];
    for (std::size_t i = 0; i < e.operators.size(); ++i)
        value += e.operators[i] == '-' ? -e.numbers[i + 1] : e.numbers[i + 1];
    return value;
}

/// What does not change with the order of terms and factors.
std::multiset<std::multiset<long>> form_of(const std::string& expression) {
    const tokens e = read(expression);
    constexpr long minus = -1;  // no number is negative
    std::multiset<std::multiset<long>> form;
    std::multiset<long> term{e.numbers[0]};
    for (std::size_t i = 0; i < e.operators.size(); ++i) {
        if (e.operators[i] != '*') {
            form.insert(term);
            term.clear();
        }
        if (e.operators[i] == '-') term.insert(minus);
        term.insert(e.numbers[i + 1]);
    }
    form.insert(term);
    return form;
}

TEST(arithmetic_prompts, asks_expressions_with_their_values) {
    arithmetic_prompts source{
        {.min_digits = 1, .max_digits = 3, .min_operators = 1, .max_operators = 4, .render = [](std::string_view q) {
             return "Q: " + std::string{q};
         }}};
    std::map<std::size_t, int> digits, operators;
    std::map<char, int> signs;
    bool below_zero = false;
    for (const prompt& p : take(source, 6000)) {
        const tokens e = read(p["expression"].get<std::string>());
        EXPECT_EQ(p["answer"], value_of(e)) << p["expression"];
        EXPECT_EQ(p["question"], "What is " + p["expression"].get<std::string>() + "?");
        EXPECT_EQ(p.text, "Q: " + p["question"].get<std::string>());
        EXPECT_EQ(p["operators"], e.operators.size());
        ++operators[e.operators.size()];
        for (const long number : e.numbers) ++digits[std::to_string(number).size()];
        for (const char op : e.operators) ++signs[op];
        below_zero = below_zero || p["answer"] < 0;
    }
    // 6000 expressions, a quarter each: standard deviation 34; about 21000 numbers, a third each: 69; 15000 signs: 58.
    ASSERT_EQ(operators.size(), 4U);
    for (const auto& [count, times] : operators) EXPECT_NEAR(times, 1500, 170) << count;
    ASSERT_EQ(digits.size(), 3U);
    for (const auto& [count, times] : digits) EXPECT_NEAR(times, 7000, 450) << count;
    ASSERT_EQ(signs.size(), 3U);
    for (const auto& [sign, times] : signs) EXPECT_NEAR(times, 5000, 400) << sign;
    EXPECT_TRUE(below_zero);
}

TEST(arithmetic_prompts, keeps_to_its_bounds) {
    arithmetic_prompts source{{.min_digits = 2,
                               .max_digits = 2,
                               .min_operators = 1,
                               .max_operators = 1,
                               .operators = "-",
                               .negative = false}};
    for (const prompt& p : take(source, 2000)) {
        const tokens e = read(p["expression"].get<std::string>());
        EXPECT_EQ(e.operators, "-");
        EXPECT_GE(std::min(e.numbers[0], e.numbers[1]), 10);
        EXPECT_LE(std::max(e.numbers[0], e.numbers[1]), 99);
        EXPECT_GE(p["answer"], 0);
    }
    arithmetic_prompts large{
        {.min_digits = 9, .max_digits = 9, .min_operators = 1, .max_operators = 1, .operators = "*"}};
    for (const prompt& p : take(large, 100)) EXPECT_EQ(p["answer"], value_of(read(p["expression"].get<std::string>())));
}

TEST(arithmetic_prompts, never_asks_what_is_held_out_in_any_order) {
    const auto options = [](std::uint64_t seed) { return arithmetic_prompts_options{.max_digits = 1, .seed = seed}; };
    std::set<std::multiset<std::multiset<long>>> kept, asked;
    for (const prompt& p : held_out_arithmetic(150, options(7))) {
        EXPECT_EQ(p.index, static_cast<std::int64_t>(kept.size()));
        EXPECT_TRUE(kept.insert(form_of(p["expression"].get<std::string>())).second) << p["expression"];
    }
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        arithmetic_prompts source{options(seed)};
        for (const prompt& p : take(source, 20'000)) asked.insert(form_of(p["expression"].get<std::string>()));
    }
    EXPECT_GT(asked.size(), 2000U);
    for (const auto& form : kept) EXPECT_FALSE(asked.contains(form));
}

TEST(arithmetic_prompts, goes_on_from_a_saved_place_in_the_same_questions_only) {
    const arithmetic_prompts_options options{.seed = 4};
    expect_resumes<arithmetic_prompts>(options);
    const auto refuses = [&](const arithmetic_prompts_options& changed, const std::string& sentence) {
        expect_refuses_place<arithmetic_prompts>(options, changed, sentence);
    };
    refuses({.seed = 5}, "made with seed 4, not 5");
    refuses({.min_digits = 2, .seed = 4}, "made with min_digits 1, not 2");
    refuses({.max_digits = 3, .seed = 4}, "made with max_digits 2, not 3");
    refuses({.min_operators = 2, .seed = 4}, "made with min_operators 1, not 2");
    refuses({.max_operators = 3, .seed = 4}, "made with max_operators 2, not 3");
    refuses({.operators = "+", .seed = 4}, "made with operators \"+-*\", not \"+\"");
    refuses({.negative = false, .seed = 4}, "made with negative true, not false");
    refuses({.seed = 4, .held_out_every = 5}, "made with held_out_every 10, not 5");
    EXPECT_NE(arithmetic_prompts{{.seed = 1}}.next()->text, arithmetic_prompts{{.seed = 2}}.next()->text);
}

TEST(arithmetic_prompts, says_what_cannot_be) {
    const auto refuses = [](const arithmetic_prompts_options& options, const std::string& sentence) {
        expect_refuses<arithmetic_prompts>(options, sentence);
    };
    refuses({.min_digits = 0}, "are 0 and 2");
    refuses({.min_digits = 3}, "are 3 and 2");
    refuses({.min_operators = 0}, "are 0 and 2");
    refuses({.min_operators = 3}, "are 3 and 2");
    refuses({.max_digits = 7}, "7 digits of 2 operators");
    refuses({.max_digits = 100'000'000'000, .max_operators = 100'000'000'000}, "at most 18");
    refuses({.operators = ""}, "must not be empty");
    refuses({.operators = "+/"}, "not \"+/\"");
    refuses({.operators = "--"}, "not \"--\"");
    refuses({.held_out_every = 0}, "at least 2, not 0");
}

}  // namespace
