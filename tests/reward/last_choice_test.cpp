#include <aha/reward/last_choice.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using namespace aha;

/// The letter that a text answers with, '-' if none.
char letter(const std::string& text, const std::vector<std::string>& texts = {}) {
    const auto found = last_choice(text, texts, texts.empty() ? 10 : texts.size());
    return found ? static_cast<char>('A' + *found) : '-';
}

TEST(last_choice, is_in_the_box) {
    EXPECT_EQ(letter("A or C? \\boxed{B}"), 'B');
    EXPECT_EQ(letter("\\boxed{\\text{(c)}}"), 'C');
    EXPECT_EQ(letter("\\boxed{D) 12 apples}"), 'D');
    EXPECT_EQ(letter("\\boxed{b}"), 'B');
    EXPECT_EQ(letter("\\boxed{\\textbf{E}.}"), 'E');
    EXPECT_EQ(letter("\\boxed{12}"), '-');
    EXPECT_EQ(letter("\\boxed{K}"), '-') << "A to J";
}

TEST(last_choice, is_in_the_answer_tags) {
    EXPECT_EQ(letter("<think>\\boxed{A}?</think><answer>B</answer>"), 'B');
    EXPECT_EQ(letter("<answer> **(C)** </answer>"), 'C');
    EXPECT_EQ(letter("<answer>The answer is \\boxed{D}.</answer>"), 'D');
    EXPECT_EQ(letter("<answer>The answer is J.</answer>"), 'J');
    EXPECT_EQ(letter("B <answer></answer>"), '-');
    EXPECT_EQ(letter("<answer>no idea</answer>"), '-');
}

TEST(last_choice, is_the_last_letter_alone) {
    EXPECT_EQ(letter("B is wrong. So (C)."), 'C');
    EXPECT_EQ(letter("Answer: A"), 'A');
    EXPECT_EQ(letter("So C is right, I think. A cat purrs, I'm sure"), 'C');
    EXPECT_EQ(letter("DNA, ABBA, x_B, B2, \\C, \u00e9A"), '-');
    EXPECT_EQ(letter("the answer is A, not b"), 'A');
    EXPECT_EQ(letter(""), '-');
}

TEST(last_choice, may_be_the_text_of_a_choice) {
    const std::vector<std::string> animals = {"a cat", "a dog", "$5$"};
    EXPECT_EQ(letter("<answer>A dog.</answer>", animals), 'B');
    EXPECT_EQ(letter("\\boxed{\\text{a cat}}", animals), 'A');
    EXPECT_EQ(letter("\\boxed{5}", animals), 'C');
    EXPECT_EQ(letter("\\boxed{D}", animals), '-') << "there are three";
    EXPECT_EQ(letter("a cat", animals), '-') << "not in running text";
}

}  // namespace
