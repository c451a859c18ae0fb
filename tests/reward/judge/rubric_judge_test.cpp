#include <aha/reward/judge/rubric_judge.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <vector>

#include <aha/concepts/reward.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

aha::completion says(const std::string& text) {
    aha::completion made;
    made.text = text;
    return made;
}

const std::vector<aha::criterion> rubric{{"clear", "It is easy to follow.", 3}, {"short", "It is short.", 1}};

TEST(rubric_judge, gives_the_share_of_the_points) {
    const aha::rubric_judge judge{
        [](std::span<const aha::message>) { return std::string{R"({"points": {"clear": 1.5, "short": 1}})"}; },
        {.rubric = rubric}};
    static_assert(aha::require_reward<decltype(judge)>());
    const aha::score given = judge(aha::prompt{}, says("Yes."));
    EXPECT_DOUBLE_EQ(given.value, 0.625);
    EXPECT_THAT(given.parts,
                ElementsAre(Pair("unreadable", 0), Pair("clear", DoubleEq(0.375)), Pair("short", DoubleEq(0.25))));
    EXPECT_EQ(judge(aha::prompt{}, says("<think>Hm")).value, 0);
}

TEST(rubric_judge, is_not_applicable_where_the_verdict_cannot_be_read) {
    const aha::rubric_judge judge{
        [](std::span<const aha::message>) { return std::string{R"({"points": {"clear": 4, "short": 1}})"}; },
        {.rubric = rubric}};
    const aha::score given = judge(aha::prompt{}, says("Yes."));
    EXPECT_FALSE(given.applicable);
    EXPECT_THAT(given.parts, ElementsAre(Pair("unreadable", 1)));
}

TEST(rubric_judge, takes_the_rubric_of_the_row) {
    std::string heard;
    const aha::rubric_judge judge{[&](std::span<const aha::message> messages) {
        heard = messages[0].content;
        return std::string{R"({"points": {"names Paris": 1}})"};
    }};
    aha::prompt asked;
    asked.index = 5;
    asked.fields["rubric"] = {{{"name", "names Paris"}, {"description", "Paris is named."}, {"points", 4}}};
    EXPECT_DOUBLE_EQ(judge(asked, says("Paris")).value, 0.25);
    EXPECT_THAT(heard, HasSubstr("\"names Paris\", from 0 to 4.0 points: Paris is named."));
    asked.fields["rubric"] = "be kind";
    EXPECT_EQ(complaint([&] { judge(asked, says("")); }), "prompt 5: a rubric is a list of criteria, not \"be kind\"");
    asked.fields = aha::json::object();
    EXPECT_EQ(complaint([&] { judge(asked, says("")); }), "prompt 5 has no field \"rubric\"");
}

TEST(rubric, that_makes_no_sense_is_refused) {
    const auto refusal = [](const std::string& text) {
        return complaint([&] { aha::read_rubric(aha::json::parse(text)); });
    };
    EXPECT_EQ(refusal("[]"), "a rubric needs one criterion at least");
    EXPECT_EQ(refusal(R"([{"name": "a"}])"), R"(a criterion needs a text "description", which {"name":"a"} has not)");
    EXPECT_EQ(refusal("[3]"), R"(a criterion needs a text "name", which 3 has not)");
    EXPECT_EQ(refusal(R"([{"name": "", "description": ""}])"), "criterion 0 of the rubric has no name");
    EXPECT_EQ(refusal(R"([{"name": "points", "description": ""}])"),
              "a criterion cannot be called \"points\", as the list of all is");
    EXPECT_EQ(refusal(R"([{"name": "a", "description": "", "points": 0}])"),
              "the points of the criterion \"a\" must be positive, not 0");
    EXPECT_EQ(refusal(R"([{"name": "a", "description": "", "points": "2"}])"),
              "the points of the criterion \"a\" must be a number, not \"2\"");
    EXPECT_EQ(refusal(R"([{"name": "a", "description": ""}, {"name": "a", "description": ""}])"),
              "two criteria of the rubric are called \"a\"");
}

}  // namespace
