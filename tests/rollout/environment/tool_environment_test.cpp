#include <aha/rollout/environment/tool_environment.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

#include <aha/concepts/environment.hpp>
#include <aha/rollout/environment/llama_calls.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::json;
using aha::tool_environment;
using aha::test::complaint;
using testing::HasSubstr;
using testing::StartsWith;

static_assert(aha::require_environment<tool_environment<>>());
static_assert(aha::require_environment<tool_environment<aha::llama_calls>>());

std::vector<aha::tool> tools() {
    return {aha::tool{"add",
                      "The sum of two numbers",
                      {{"a", "number", "the first"}, {"b", "number", "the second"}},
                      [](const json& arguments) -> std::string {
                          return json(arguments["a"].get<double>() + arguments["b"].get<double>()).dump();
                      }},
            aha::tool{"fail", "Never works", {{"how", "string", ""}}, [](const json& arguments) -> std::string {
                          if (arguments["how"] == "oddly") throw 3;
                          throw std::runtime_error{arguments["how"].get<std::string>() + "\xFF"};
                      }}};
}

aha::environment_answer answer(const std::string& said, const aha::tool_options& options = {}) {
    const tool_environment world{tools(), options};
    return world.start({}, aha::random_stream{{}}).answer(said);
}

std::string call(const std::string& name, const json& arguments) {
    return "<tool_call>\n" + json{{"name", name}, {"arguments", arguments}}.dump() + "\n</tool_call>";
}

TEST(tool_environment, answers_a_call_with_what_the_tool_gives) {
    const auto one = answer("Let me see.\n" + call("add", {{"a", 1}, {"b", 2.5}}));
    EXPECT_EQ(one.messages.dump(), R"([{"role":"tool","content":"3.5"}])");
    EXPECT_FALSE(one.over);
    EXPECT_EQ(one.reward, 0);
}

TEST(tool_environment, answers_several_calls_with_several_messages) {
    const auto two = answer(call("add", {{"a", 1}, {"b", 2}}) + "\n" + call("add", {{"a", 3}, {"b", 4}}));
    EXPECT_EQ(two.messages.dump(), R"([{"role":"tool","content":"3.0"},{"role":"tool","content":"7.0"}])");
}

TEST(tool_environment, a_turn_without_a_call_ends_the_dialogue) {
    const auto last = answer("It is 3.5.");
    EXPECT_TRUE(last.over);
    EXPECT_EQ(last.text, "");
}

TEST(tool_environment, tells_the_policy_what_is_wrong_with_a_call) {
    const auto said = [](const std::string& turn) {
        const auto given = answer(turn);
        EXPECT_FALSE(given.over);
        return given.messages.at(0).at("content").get<std::string>();
    };
    EXPECT_EQ(said(call("sub", {{"a", 1}})), "error: there is no tool \"sub\"; there is add, fail");
    EXPECT_EQ(said(call("add", {{"a", 1}})), "error: add needs the argument \"b\" (number)");
    EXPECT_EQ(said(call("add", {{"a", 1}, {"b", "2"}})),
              "error: the argument \"b\" of add must be of the type number, not \"2\"");
    EXPECT_EQ(said(call("add", json::array({1, 2}))), "error: the arguments of add must be an object, not [1,2]");
    EXPECT_THAT(said("<tool_call>add(1, 2)</tool_call>"), StartsWith("error: the call: not valid JSON at byte 1"));
    EXPECT_EQ(said(call("fail", {{"how", "no network"}})), "error: no network\xEF\xBF\xBD");  // valid UTF-8
    EXPECT_EQ(said(call("fail", {{"how", "oddly"}})), "error: the tool failed");
}

TEST(tool_environment, makes_no_more_calls_than_allowed) {
    int made = 0;
    const tool_environment world{{{"count", "", {}, [&made](const json&) { return std::to_string(++made); }}},
                                 {.max_calls = 2}};
    std::string turn;
    for (int n = 0; n < 5; ++n) turn += call("count", json::object());
    const auto given = world.start({}, aha::random_stream{{}}).answer(turn);
    EXPECT_EQ(made, 2);
    ASSERT_EQ(given.messages.size(), 3U);
    EXPECT_EQ(given.messages[1]["content"], "2");
    EXPECT_EQ(given.messages[2]["content"], "error: at most 2 calls a turn; 3 more were not made");
}

TEST(tool_environment, also_answers_with_a_text_for_models_without_a_template) {
    const std::string turn = call("add", {{"a", 1}, {"b", 2}}) + call("sub", json::object());
    EXPECT_EQ(answer(turn).text,
              "\n<tool_response>\n3.0\n</tool_response>\n"
              "\n<tool_response>\nerror: there is no tool \"sub\"; there is add, fail\n</tool_response>\n");
    const auto other = answer(call("add", {{"a", 1}, {"b", 2}}), {.role = "ipython", .before = " = ", .after = "\n"});
    EXPECT_EQ(other.text, " = 3.0\n");
    EXPECT_EQ(other.messages[0]["role"], "ipython");
}

TEST(tool_environment, takes_calls_as_another_format_reads_them) {
    const tool_environment world{tools(), {}, aha::llama_calls{}};
    auto talk = world.start({}, aha::random_stream{{}});
    EXPECT_EQ(talk.answer(R"({"name": "add", "parameters": {"a": 20, "b": 22}})").messages[0]["content"], "42.0");
    EXPECT_TRUE(talk.answer(call("add", {{"a", 1}, {"b", 2}})).over);  // no call in Llama's form
}

TEST(tool_environment, an_episode_outlives_its_environment) {
    auto talk = [] { return tool_environment{tools()}.start({}, aha::random_stream{{}}); }();
    EXPECT_EQ(talk.answer(call("add", {{"a", 1}, {"b", 1}})).messages[0]["content"], "2.0");
}

TEST(tool_environment, names_tools_and_options_that_make_no_sense) {
    EXPECT_EQ(complaint([] {
                  auto twice = tools();
                  twice.push_back(twice.front());
                  tool_environment{twice};
              }),
              "two tools have the name \"add\"");
    EXPECT_THAT(complaint([] { tool_environment{{{"f", "", {}, nullptr}}}; }), HasSubstr("no function to call"));
    EXPECT_EQ(complaint([] { tool_environment{tools(), {.max_calls = 0}}; }), "max_calls must be positive, not 0");
}

}  // namespace
