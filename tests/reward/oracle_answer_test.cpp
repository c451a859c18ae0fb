#include <aha/reward/oracle_answer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <tests/support/complaint.hpp>

namespace {

double scored(const std::string& right, const std::string& text) {
    aha::prompt asked;
    asked.fields = {{"answer", right}};
    aha::completion given;
    given.text = text;
    return aha::oracle_answer{}(asked, given);
}

// Scores of reasoning-gym 0.1.25, ProceduralDataset.score_answer, of what stands in the tag.
TEST(oracle_answer, is_the_share_that_the_answer_makes_up) {
    EXPECT_EQ(scored("1 2 3", "<answer>1 2 3</answer>"), 1);
    EXPECT_EQ(scored("1 2 3", "<answer> 1 2 3\n</answer>"), 1);
    EXPECT_EQ(scored("12", "<answer>It is 12</answer>"), 0.25);
    EXPECT_EQ(scored("12", "<answer>21</answer>"), 0);
    EXPECT_EQ(scored("Yes", "<answer>yes</answer>"), 0);
    EXPECT_EQ(scored("12", "<answer></answer>"), 0);
    EXPECT_EQ(scored("12", "12"), 0);
}

TEST(oracle_answer, refuses_a_row_without_an_answer) {
    EXPECT_THAT(aha::test::complaint([] { scored("", "<answer>1</answer>"); }), ::testing::HasSubstr("no text"));
    EXPECT_THAT(aha::test::complaint([] { aha::oracle_answer{}({}, {}); }), ::testing::HasSubstr("\"answer\""));
}

}  // namespace
