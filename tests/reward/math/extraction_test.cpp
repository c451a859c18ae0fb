#include <aha/reward/math/extraction.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <aha/core/error.hpp>

namespace {

using namespace aha::math;

/// The text of the place that is tried first.
std::string first_place(const std::string& text, const extraction_options& options = {}) {
    for (const int priority : place_priorities(options))
        for (const answer_place& place : answer_places(text, priority, options)) {
            std::string all;
            for (const std::string& one : place.texts) all += (all.empty() ? "" : " and ") + one;
            return all;
        }
    return "none";
}

TEST(extraction, prefers_what_stands_behind_final_answer_and_in_boxes) {
    EXPECT_EQ(first_place("So $3$.\n\nThe final answer is $4$. I hope it is correct. $5$"), "4");
    EXPECT_EQ(first_place("\\boxed{3} and later $4$"), "3");
    EXPECT_EQ(first_place("$x = \\boxed{3}$, check $4$"), "x = \\boxed{3}");
    EXPECT_EQ(first_place("So \\boxed{3}\n\nThe final answer is 4"), "4");
    EXPECT_EQ(first_place("The final answer is $4$, \\boxed{1}", {.boxed_priority = 0}), "1");
    EXPECT_EQ(first_place("\\boxed{1}", {.expressions = false, .boxed_priority = -1}), "none");
}

TEST(extraction, takes_what_stands_behind_answer_before_the_rest) {
    EXPECT_EQ(first_place("The answer is $3$, I checked $7$."), "3");
    EXPECT_EQ(first_place("Answer: 12 and 13"), "12");
    EXPECT_EQ(first_place("I have 3 apples and 4 pears"), "4");
    EXPECT_EQ(first_place("it is 1/2 + 3, or so"), "1/2 + 3");
    EXPECT_EQ(first_place("$3$", {.without_anchor = false}), "none");
}

TEST(extraction, joins_formulas_and_boxes) {
    EXPECT_EQ(first_place("$1$ and $2$, $3$"), "1 and 2 and 3");
    EXPECT_EQ(boxed_content("\\boxed{1} and \\boxed{2}", true), "1,2");
    EXPECT_EQ(boxed_content("\\boxed{1} papers and \\boxed{2} bins", true), "1,2");
    EXPECT_EQ(boxed_content("\\boxed{1} no no no no no \\boxed{2}", true), "2");
    EXPECT_EQ(boxed_content("\\boxed{1} no no no no no \\boxed{2}", false), "1,2");
    EXPECT_EQ(boxed_content("\\boxed{\\frac{1}{2}}", true), "\\frac{1}{2}");
    EXPECT_EQ(boxed_content("no box", true), "no box");
}

TEST(extraction, reads_plain_numbers_in_every_spelling) {
    EXPECT_EQ(first_place("it is 1,234.50"), "1234.50");
    EXPECT_EQ(first_place("it is 1 234"), "1234");
    EXPECT_EQ(first_place("it is .5"), "0.5");
    EXPECT_EQ(first_place("it costs $12.50 a day"), "12.50");
    EXPECT_EQ(first_place("AZYUK2A"), "none");
}

TEST(extraction, finds_strings_where_they_are_asked_for) {
    const extraction_options letters{.latex = false, .expressions = false, .strings = {"A", "B", "C"}};
    EXPECT_EQ(first_place("The answer is B.", letters), "B");
    EXPECT_EQ(first_place("Because C is valid", letters), "C");
    EXPECT_EQ(first_place("None of them", letters), "none");
}

TEST(extraction, refuses_options_that_make_no_sense) {
    EXPECT_THROW((extraction_options{.boxed_priority = 301}.validate()), aha::error);
    EXPECT_THROW((extraction_options{.latex = false, .expressions = false}.validate()), aha::error);
    EXPECT_THROW((extraction_options{.strings = {""}}.validate()), aha::error);
}

}  // namespace
