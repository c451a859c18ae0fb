#include <aha/reward/last_choice.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;

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

/// `phrase` with the words X, Y and Z (or x, y) replaced by the letters of choices.
std::string with_letters(const std::string& phrase, std::string_view letters) {
    const auto in_word = [&](std::size_t at) { return at < phrase.size() && detail::is_letter(phrase[at]); };
    std::string text = phrase;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (in_word(at + 1) || (at > 0 && in_word(at - 1))) continue;
        const std::size_t large = std::string_view{"XYZ"}.find(phrase[at]),
                          small = std::string_view{"xyz"}.find(phrase[at]);
        if (large != std::string_view::npos) text[at] = letters[large];
        else if (small != std::string_view::npos) text[at] = static_cast<char>(letters[small] - 'A' + 'a');
    }
    return text;
}

TEST(last_choice, reads_every_letter_alike) {
    for (const std::string& phrase : cases(R"(
The correct answer is X because it is cold. ;; <answer>X since it is cold</answer>
<answer>X because it is cold</answer> ;; <answer>X</answer> ;; (X) ;; [X] ;; X) ;; X: ;; X. ;; **X** ;; X
\boxed{X} ;; \boxed{\text{X}} ;; \boxed{\textbf{(X)}} ;; \boxed{\textbf{(X)}\ 5} ;; \boxed{(X)} ;; $X$ ;; \(X\)
Answer: X ;; answer: X ;; Answer is X ;; The answer is X ;; The answer is: X ;; The answer is **X**.
The answer is (X). ;; The answer is option X. ;; I choose X ;; I choose X. ;; I choose X because it is cold
I pick X since it fits ;; option X ;; Option X is correct. ;; choice (X) ;; Choice X is right ;; X is right.
X is correct because it is cold. ;; X is the correct answer ;; X is the answer ;; X because it is cold
X, because it is cold ;; X - it is cold ;; X: it is cold ;; X) it is cold ;; (X) it is cold ;; So X.
So the answer is X, I think. ;; Therefore, X is correct. ;; Therefore X
Thus, the correct option is X as it is cold. ;; It is X. ;; It's X. ;; The best answer is X since it is cold
Final answer: X ;; **Answer: X** ;; **Answer:** X ;; Answer: X it is ;; The right one is X for it is cold
<answer>The answer is X</answer> ;; <answer>(X) a thing</answer> ;; <answer>X) a thing</answer>
<answer>X. a thing</answer> ;; <answer>X: a thing</answer> ;; <answer>Option X</answer>
<answer>X is right because it is cold</answer> ;; <answer>I think X is correct</answer> ;; I think it's X
I would go with X ;; My answer is X ;; The answer must be X ;; The answer is clearly X. ;; the answer is x
the answer is (x) ;; Answer: x ;; the answer is x. ;; option x ;; \boxed{x} ;; <answer>x</answer>
<answer>x because it is cold</answer> ;; <answer>(x)</answer> ;; The answer is therefore X.
X satisfies the equation. ;; X seems right ;; X matches the description ;; The answer is $\boxed{X}$.
Answer - X ;; answer = X ;; The answer choice is X ;; Among the options, X is the best.
The only correct option is X. ;; $\mathbf{X}$ ;; My final choice: X ;; So, X! ;; Select X ;; Correct answer: X
Correct: X ;; Solution: X
)",
                                           {"Answer:\nX", "The answer is\n\nX", "<answer> X </answer> "}))
        for (char x = 'A'; x <= 'J'; ++x) {
            const std::string text = with_letters(phrase, {&x, 1});
            EXPECT_EQ(letter(text), x) << text;
        }
}

/// All ways to give three of five letters to X, Y and Z.
std::vector<std::string> three_letters() {
    std::vector<std::string> all;
    for (const char x : {'A', 'B', 'C', 'D', 'E'})
        for (const char y : {'A', 'B', 'C', 'D', 'E'})
            for (const char z : {'A', 'B', 'C', 'D', 'E'})
                if (x != y && y != z && x != z) all.push_back({x, y, z});
    return all;
}

TEST(last_choice, is_the_one_that_is_not_denied) {
    for (const std::string& phrase : cases(R"(
Y is wrong. X is right. ;; <answer>(Y) is wrong, (X) is right</answer>
<answer>Y) is incorrect. X) is correct.</answer> ;; <answer>Y: wrong, X: right</answer>
<answer>(X) Vitamin Y</answer> ;; <answer>X) is correct, not Y</answer> ;; X is right. Y is wrong.
Not Y but X. ;; X, not Y. ;; The answer is X, not Y. ;; The answer is X because Y is too cold.
The answer is X. Option Y describes a dog. ;; Y is incorrect. So X. ;; I thought of Y, but the answer is X.
Y can be ruled out. X. ;; Y isn't right, X is. ;; We eliminate Y. X is the answer. ;; X rather than Y
The answer is X rather than Y. ;; The answer isn't Y. It is X. ;; The answer is not Y. It is X.
At first the answer is Y. But no, so X. ;; Y? No. X. ;; The answer cannot be Y, so X.
X is correct, while Y is not. ;; X is correct and Y is wrong.
Option Y is wrong because it is hot. Option X is right because it is cold. ;; Y: wrong. X: right.
Y is false, X is true. ;; <answer>X, not Y</answer> ;; <answer>X because Y is wrong</answer>
X is better than Y. ;; Unlike Y, X fits. ;; Y doesn't fit. X does. ;; Both Y and Z are wrong. X is right.
X is right. Y and Z are wrong. ;; Neither Y nor Z, so X. ;; Y or Z? The answer is X.
Between X and Y, the answer is X. ;; It is not Y; it is X.
)"))
        for (const std::string& letters : three_letters()) {
            const std::string text = with_letters(phrase, letters);
            EXPECT_EQ(letter(text), letters[0]) << text;
        }
}

TEST(last_choice, is_none_of_several_and_none_that_is_denied) {
    for (const std::string& phrase : cases(R"(
<answer>(X) and (Y) are right</answer> ;; <answer>X, Y are right</answer> ;; <answer>(X), (Y) and more</answer>
X and Y ;; X or Y ;; <answer>X and Y</answer> ;; <answer>X, Y</answer> ;; \boxed{X, Y} ;; \boxed{X,Y}
\boxed{(X), (Y)} ;; \boxed{X \text{ and } Y} ;; \boxed{\text{X and Y}} ;; <answer>X/Y</answer>
The answer is X or Y. ;; The answers are X and Y. ;; Both X and Y are correct. ;; Either X or Y
<answer>(X) and (Y)</answer> ;; <answer>X) and Y)</answer> ;; <answer>XY</answer> ;; X is wrong. ;; not X
The answer is not X. ;; X is not right. ;; X and Y are both right ;; X + Y ;; The answer is not X
the answer isn't X ;; <answer>not X</answer> ;; <answer>X is wrong</answer> ;; option X or option Y
<answer>x and y</answer> ;; <answer>x, y</answer>
)"))
        for (const std::string& letters : three_letters()) {
            const std::string text = with_letters(phrase, letters);
            EXPECT_EQ(letter(text), '-') << text;
        }
}

TEST(last_choice, is_no_article_pronoun_or_variable) {
    for (const std::string& text : cases(R"(
A dog barks. ;; I think so. ;; A dog ;; <answer>A dog</answer> ;; The animal is a dog. A dog barks. ;; I am sure
Well, I think a dog ;; A cat and a dog ;; "A cat" is it ;; Answer: A dog ;; Let A = 5 ;; A^2
the answer is a dog ;; So I guess ;; \boxed{12} ;; A man and I are here ;; a b c ;; I'm ;; the U.S.A. ;; a
What a day ;; A while ago I saw it ;; a is for apple ;; It is I think ;; So the answer is I think a dog
)",
                                         {"I\u2019m", "- A dog\n- A cat"}))
        EXPECT_EQ(letter(text), '-') << text;
}

TEST(last_choice, may_be_the_number_of_a_choice) {
    const std::vector<std::string> numbers = {"0.5", "1,000", "$5$ cm", "\\frac{1}{3}"};
    EXPECT_EQ(letter("\\boxed{\\frac12}", numbers), 'A');
    EXPECT_EQ(letter("<answer>1000</answer>", numbers), 'B');
    EXPECT_EQ(letter("\\boxed{5}", numbers), 'C');
    EXPECT_EQ(letter("\\boxed{5 m}", numbers), '-');
    EXPECT_EQ(letter("\\boxed{1/3}", numbers), 'D');
    EXPECT_EQ(letter("\\boxed{5}", {"5 cm", "5 m"}), '-') << "either";
}

TEST(last_choice, reads_long_texts_in_linear_time) {
    for (const char* part : {"A ", "A, ", "A is wrong. ", "a", "(", "answer is ", "A and ", "\n", "A)"}) {
        std::string text;
        while (text.size() < 100'000) text += part;
        last_choice(text, {}, 10);
        last_choice("<answer>" + text + "</answer>", {}, 10);
    }
}

}  // namespace
