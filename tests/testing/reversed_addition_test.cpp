#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <utility>

#include <aha/reward/accuracy.hpp>
#include <aha/reward/format.hpp>
#include <aha/testing/reversed_addition.hpp>
#include <aha/testing/symbol_tokenizer.hpp>

namespace {

using aha::testing::response_noise;
using aha::testing::reversed_addition;
using aha::testing::split;
using testing::MatchesRegex;

const reversed_addition two_languages{{.alphabets = {"0123456789", "ABCDEFGHIJ"}, .seed = 3}};

aha::completion saying(const std::string& text) {
    aha::completion said;
    said.text = text;
    return said;
}

/// A question of known numbers, in the first alphabet.
aha::prompt sum(int a, int b, const std::string& answer) {
    aha::prompt p;
    p.fields = {{"a", a}, {"b", b}, {"language", 0}, {"answer", answer}};
    return p;
}

TEST(reversed_addition, reasons_from_the_last_digit_to_the_first) {
    const reversed_addition task;
    EXPECT_EQ(task.response(sum(12, 34, "046")), "<think>640</think><answer>046</answer>");
    EXPECT_EQ(task.response(sum(99, 99, "198")), "<think>891</think><answer>198</answer>");
}

TEST(reversed_addition, responses_earn_both_rule_rewards_and_have_the_length_it_says) {
    for (const std::int64_t digits : {1, 2, 3, 9}) {
        const reversed_addition task{{.digits = digits, .seed = 4}};
        const aha::testing::symbol_tokenizer tokenizer{task.symbols()};
        for (const aha::prompt& p : task.questions_from(0, 50)) {
            const std::string text = task.response(p);
            EXPECT_TRUE(aha::accuracy{.source = aha::answer_source::answer_tag}(p, saying(text))) << p.text << text;
            EXPECT_TRUE(aha::format_reward{}(p, saying(text))) << text;
            EXPECT_EQ(std::ssize(tokenizer.encode(text)) + 1, task.response_tokens());
            EXPECT_EQ(std::ssize(tokenizer.encode(p.text)), 2 * digits + 2);
        }
    }
}

TEST(reversed_addition, asks_sums_of_numbers_with_the_digits_it_is_told) {
    const reversed_addition task{{.digits = 3, .seed = 1}};
    for (const aha::prompt& p : task.questions_from(0, 200)) {
        const auto a = p["a"].get<int>(), b = p["b"].get<int>();
        EXPECT_THAT(p.text, MatchesRegex("[1-9][0-9][0-9].[1-9][0-9][0-9]="));
        EXPECT_EQ(p.text, std::to_string(a) + "+" + std::to_string(b) + "=");
        EXPECT_EQ(std::stoi(p["answer"].get<std::string>()), a + b);
    }
}

TEST(reversed_addition, splits_share_no_sum_in_either_order_whatever_the_seeds) {
    std::set<std::pair<int, int>> train;
    for (const aha::prompt& p : reversed_addition{{.seed = 1}}.questions_from(0, 5000)) {
        train.emplace(p["a"], p["b"]);
        train.emplace(p["b"], p["a"]);
    }
    for (const aha::prompt& p : reversed_addition{{.seed = 2}}.questions_from(0, 500, split::held_out))
        EXPECT_FALSE(train.contains({p["a"], p["b"]})) << p.text;
    EXPECT_GT(train.size(), 3000U);
}

TEST(reversed_addition, equal_seeds_give_equal_questions_and_others_do_not) {
    const reversed_addition one{{.seed = 1}}, same{{.seed = 1}}, other{{.seed = 2}};
    int equal = 0;
    for (std::int64_t i = 0; i < 100; ++i) {
        EXPECT_EQ(one.question(i).text, same.question(i).text);
        equal += one.question(i).text == other.question(i).text ? 1 : 0;
    }
    EXPECT_LT(equal, 5);
}

TEST(reversed_addition, noise_is_as_frequent_as_it_says) {
    const reversed_addition task;
    const aha::accuracy right{.source = aha::answer_source::answer_tag};
    int unlike = 0, tagged = 0, correct = 0;
    const int rows = 4000;
    for (std::int64_t i = 0; i < rows; ++i) {
        const aha::prompt p = task.question(i);
        unlike += task.response(p, {.wrong = 0.6}) != task.response(p) ? 1 : 0;
        const std::string text = task.response(p, {.wrong = 0.6, .untagged = 0.3});
        tagged += aha::format_reward{}(p, saying(text)) ? 1 : 0;
        correct += right(p, saying(text)) ? 1 : 0;
    }
    const auto near = [&](int count, double chance) {
        EXPECT_NEAR(count / static_cast<double>(rows), chance, 4 * std::sqrt(chance * (1 - chance) / rows));
    };
    near(unlike, 0.6 * 0.9);  // a digit drawn anew is the old one in a tenth of the cases
    near(tagged, 0.7);
    near(correct, 0.7 * (1 - 0.6 * 0.9 / 2));  // half of the digits are the reasoning's
}

TEST(reversed_addition, a_foreign_reasoning_says_the_same_in_the_other_alphabet) {
    double consistent = 0;
    int in_second = 0;
    for (std::int64_t i = 0; i < 1000; ++i) {
        const aha::prompt p = two_languages.question(i);
        const std::string plain = two_languages.response(p), mixed = two_languages.response(p, {.foreign = 0.4});
        EXPECT_EQ(two_languages.consistency(p, plain), 1);
        consistent += two_languages.consistency(p, mixed) / 1000;
        in_second += p["language"] == 1 ? 1 : 0;
        for (std::size_t at = 0; at < plain.size(); ++at) {
            const auto value = [](char c) { return c >= 'A' && c <= 'J' ? c - 'A' + '0' : int{c}; };
            EXPECT_EQ(value(mixed[at]), value(plain[at]));
        }
        EXPECT_EQ(mixed.substr(mixed.find("<answer>")), plain.substr(plain.find("<answer>")));
    }
    EXPECT_NEAR(consistent, 0.6, 0.04);  // 3000 digits: four standard errors
    EXPECT_NEAR(in_second, 500, 64);
}

TEST(reversed_addition, consistency_counts_the_digits_of_the_reasoning_alone) {
    aha::prompt first = sum(12, 34, "046"), second = sum(12, 34, "AEG");
    second.fields["language"] = 1;
    const std::string text = "<think>6E0</think><answer>AEG</answer>";
    EXPECT_DOUBLE_EQ(two_languages.consistency(first, text), 2.0 / 3);
    EXPECT_DOUBLE_EQ(two_languages.consistency(second, text), 1.0 / 3);
    EXPECT_DOUBLE_EQ(two_languages.consistency(first, "<think></think><answer>AEG</answer>"), 1);
    EXPECT_DOUBLE_EQ(two_languages.consistency(first, "6EAG"), 0.25);
}

TEST(reversed_addition, refuses_options_that_make_no_sense) {
    EXPECT_THROW(reversed_addition{{.digits = 0}}, aha::error);
    EXPECT_THROW(reversed_addition{{.alphabets = {}}}, aha::error);
    EXPECT_THROW((reversed_addition{{.alphabets = {"012"}}}), aha::error);
    EXPECT_THROW((reversed_addition{{.alphabets = {"0123456789", "ABCDEFGHI0"}}}), aha::error);
    EXPECT_THROW((reversed_addition{{.alphabets = {"abcdefghij"}}}), aha::error);
    EXPECT_THROW(reversed_addition{{.held_out_every = 1}}, aha::error);
    EXPECT_THROW((two_languages.response(two_languages.question(0), {.wrong = 1.5})), aha::error);
}

}  // namespace
