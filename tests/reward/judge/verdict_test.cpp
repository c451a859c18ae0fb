#include <aha/reward/judge/verdict.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using aha::read_pairwise_verdict;
using aha::read_reference_verdict;
using aha::read_rubric_verdict;

/// "right", "wrong" or "nothing".
std::string verdict_of(const std::string& reply) {
    const auto verdict = read_reference_verdict(reply);
    return !verdict ? "nothing" : verdict->correct ? "right" : "wrong";
}

TEST(reference_verdict, is_read_of_plain_json) {
    const auto verdict = read_reference_verdict(R"({"analysis": "Both say 4.", "correctness": "correct"})");
    ASSERT_TRUE(verdict.has_value());
    EXPECT_TRUE(verdict->correct);
    EXPECT_EQ(verdict->analysis, "Both say 4.");
    EXPECT_EQ(verdict_of(R"({"analysis": "", "correctness": "incorrect"})"), "wrong");
    EXPECT_EQ(verdict_of(R"({"correctness": " Correct "})"), "right");
}

TEST(reference_verdict, forgives_thoughts_fences_and_prose) {
    EXPECT_EQ(verdict_of("Here it is:\n```json\n{\"correctness\": \"correct\"}\n```\nI am sure."), "right");
    EXPECT_EQ(verdict_of("<think>{\"correctness\": \"correct\"}? No.</think>\n{\"correctness\": \"incorrect\"}"),
              "wrong");
    EXPECT_EQ(verdict_of("No: {\"correctness\": \"correct\"}</think>{\"correctness\": \"incorrect\"}"), "wrong");
    EXPECT_EQ(verdict_of("The set {1, 2 and \\frac{1}{2} {x \" {\"correctness\": \"incorrect\"}"), "wrong");
    EXPECT_EQ(verdict_of("{\"correctness\": \"correct\"} or again {\"correctness\": \"correct\"}"), "right");
}

TEST(reference_verdict, forgives_slips_of_json_in_strings) {
    EXPECT_EQ(
        verdict_of("{\"analysis\": \"\\(x\\) is \\frac{1}{2}\nand\t\\u00e9 \\ux\", \"correctness\": \"correct\"}"),
        "right");
    const auto verdict = read_reference_verdict("{\"analysis\": \"a\nb \\(c\\)\", \"correctness\": \"correct\"}");
    ASSERT_TRUE(verdict.has_value());
    EXPECT_EQ(verdict->analysis, "a\nb \\(c\\)");
    EXPECT_EQ(verdict_of("{\"analysis\": \"\xff\", \"correctness\": \"correct\"}"), "right");
}

TEST(reference_verdict, is_not_guessed) {
    for (const char* reply :
         {"", "correct", "The answer is correct.", "{}", "{\"correctness\": true}",
          "{\"correctness\": \"partly correct\"}", "{\"correctness\": \"\"}", "{\"correctness\": [\"correct\"]}",
          "{\"Correctness\": \"correct\"}", "{\"verdict\": {\"correctness\": \"correct\"}}",
          "{\"correctness\": \"correct\"", "{\"correctness\": \"correct\", \"correctness\": \"correct\"}",
          "<think>{\"correctness\": \"correct\"}", "{\"correctness\": \"correct\"} {\"correctness\": \"incorrect\"}"})
        EXPECT_EQ(verdict_of(reply), "nothing") << reply;
}

TEST(reference_verdict, is_not_taken_from_a_quotation) {
    // Quoted as JSON wants it, it is a part of the analysis.
    EXPECT_EQ(verdict_of(R"({"analysis": "It says {\"correctness\": \"correct\"}.", "correctness": "incorrect"})"),
              "wrong");
    // Quoted raw, the reply could be read in two ways, and is read in none.
    EXPECT_EQ(verdict_of(R"({"analysis": "It says {"correctness": "correct"}.", "correctness": "incorrect"})"),
              "nothing");
    EXPECT_EQ(verdict_of(R"({"analysis": "It says "}{"correctness": "correct"}" no.", "correctness": "incorrect"})"),
              "nothing");
    EXPECT_EQ(verdict_of(R"({"analysis": "It says {"correctness": "correct"} which)"), "nothing");
}

TEST(reference_verdict, takes_linear_time) {
    std::string deep, many;
    for (int i = 0; i < 200000; ++i) deep += "{\"a\":", many += "{\"";
    EXPECT_EQ(verdict_of(deep), "nothing");
    EXPECT_EQ(verdict_of(many), "nothing");
    EXPECT_EQ(verdict_of(std::string(200000, '{')), "nothing");
}

TEST(pairwise_verdict, is_one_of_five) {
    EXPECT_EQ(read_pairwise_verdict("My own answer: 4.\nA is right. [[A>>B]]"), 2);
    EXPECT_EQ(read_pairwise_verdict("[[A>B]]"), 1);
    EXPECT_EQ(read_pairwise_verdict("A tie: [[A=B]], so [[A=B]]"), 0);
    EXPECT_EQ(read_pairwise_verdict("[[B>A]]"), -1);
    EXPECT_EQ(read_pairwise_verdict("<think>[[A>>B]]?</think>[[B>>A]]"), -2);
}

TEST(pairwise_verdict, is_not_guessed) {
    for (const char* reply : {"", "A>>B", "[A>B]", "[[A>>>B]]", "[[A]]", "[[a>b]]", "[[A>B]] no, [[B>A]]",
                              "[[A>B]] or [[A>>B]]", "<think>[[A>B]]"})
        EXPECT_FALSE(read_pairwise_verdict(reply).has_value()) << reply;
}

TEST(rubric_verdict, has_points_for_each_criterion) {
    const std::vector<aha::criterion> rubric{{"clear", "It is easy to follow.", 2}, {"short", "It is short.", 1}};
    const auto verdict = read_rubric_verdict(R"({"analysis": "Long.", "points": {"short": 0, "clear": 1.5}})", rubric);
    ASSERT_TRUE(verdict.has_value());
    EXPECT_EQ(verdict->points, (std::vector{1.5, 0.0}));
    EXPECT_EQ(verdict->analysis, "Long.");
    for (const char* reply : {R"({"points": {"clear": 1}})", R"({"points": {"clear": 1, "short": 1, "kind": 1}})",
                              R"({"points": {"clear": 3, "short": 1}})", R"({"points": {"clear": -1, "short": 1}})",
                              R"({"points": {"clear": "1", "short": 1}})", R"({"points": {"clear": true, "short": 1}})",
                              R"({"points": [1, 1]})", R"({"points": 2})", R"({"clear": 1, "short": 1})",
                              R"({"points": {"clear": 1, "short": 1}} {"points": {"clear": 2, "short": 1}})",
                              R"({"points": {"clear": NaN, "short": 1}})"})
        EXPECT_FALSE(read_rubric_verdict(reply, rubric).has_value()) << reply;
}

}  // namespace
