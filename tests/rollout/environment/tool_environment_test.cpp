#include <aha/rollout/environment/tool_environment.hpp>

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

#include <aha/concepts/environment.hpp>
#include <aha/rollout/environment/llama_calls.hpp>
#include <tests/support/complaint.hpp>

namespace {

static_assert(aha::require_environment<aha::tool_environment<>>());

std::vector<aha::tool> tools() {
    return {{"double",
             "Twice a number.",
             {{"x", "integer", "the number"}, {"unit", "string", "of it", false}},
             [](const aha::json& given) {
                 const auto x = given["x"].get<std::int64_t>();
                 if (x > 100) throw std::runtime_error{"that is too much"};
                 return std::to_string(2 * x) + (given.contains("unit") ? given["unit"].get<std::string>() : "");
             }},
            {"now", "The time.", {}, [](const aha::json&) { return std::string{"noon"}; }}};
}

template <class Calls = aha::hermes_calls>
aha::environment_answer answer(const std::string& said, aha::tool_options options = {}) {
    auto episode = aha::tool_environment<Calls>{tools(), options}.start({}, aha::random_stream{{}});
    return episode.answer(said);
}

std::string called(const std::string& name, const std::string& arguments) {
    return "<tool_call>\n{\"name\": \"" + name + "\", \"arguments\": " + arguments + "}\n</tool_call>";
}

std::string one_answer(const std::string& said) { return answer(said).messages.at(0).at("content"); }

TEST(tool_environment, calls_what_the_model_calls) {
    const auto given = answer("I shall ask.\n" + called("double", R"({"x": 21})") + "\n" + called("now", "{}"));
    EXPECT_FALSE(given.over);
    EXPECT_EQ(given.messages,
              aha::json::parse(R"([{"role": "tool", "content": "42"}, {"role": "tool", "content": "noon"}])"));
    EXPECT_EQ(given.text, "\n<tool_response>\n42\n</tool_response>\n\n<tool_response>\nnoon\n</tool_response>\n");
    EXPECT_EQ(one_answer(called("double", R"({"x": 4, "unit": " km"})")), "8 km");
    EXPECT_EQ(one_answer(called("double", R"("{\"x\": 4}")")), "8");  // arguments as a text
    EXPECT_TRUE(answer("It is 42.").over);
    EXPECT_TRUE(answer("").over);
}

TEST(tool_environment, tells_the_model_what_is_wrong_with_a_call) {
    EXPECT_EQ(one_answer(called("triple", "{}")), "error: there is no tool \"triple\"");
    EXPECT_EQ(one_answer(called("double", "{}")), "error: double needs the argument \"x\"");
    EXPECT_EQ(one_answer(called("double", R"({"x": "4"})")),
              "error: the argument \"x\" of double must be of the type integer");
    EXPECT_EQ(one_answer(called("double", R"({"x": 4, "y": 5})")), "error: double has no parameter \"y\"");
    EXPECT_EQ(one_answer(called("double", "[4]")), "error: the arguments of double must be an object");
    EXPECT_EQ(one_answer(called("double", R"({"x": 101})")), "error: that is too much");
    EXPECT_EQ(one_answer("<tool_call>double(4)</tool_call>"), "error: the call is not a JSON object");
    EXPECT_EQ(one_answer("<tool_call>{\"name\": \"double\"}</tool_call>"), "error: the call has no \"arguments\"");
    EXPECT_EQ(one_answer("<tool_call>{\"name\": \"double\""), "error: the call does not end with </tool_call>");
    EXPECT_EQ(one_answer("<tool_call>{}</tool_call>"), "error: the call has no \"name\"");
}

TEST(tool_environment, answers_no_more_calls_than_it_may) {
    std::string many;
    for (int n = 0; n < 5; ++n) many += called("now", "{}");
    EXPECT_EQ(answer(many, {.max_calls = 3}).messages.size(), 3U);
}

TEST(tool_environment, reads_the_calls_of_llama) {
    using llama = aha::llama_calls;
    EXPECT_EQ(answer<llama>(R"({"name": "double", "parameters": {"x": 2}})").messages.at(0).at("content"), "4");
    EXPECT_EQ(answer<llama>(R"( <|python_tag|>{"name": "now", "parameters": {}} )").messages.at(0).at("content"),
              "noon");
    EXPECT_EQ(answer<llama>("<|python_tag|>double(2)").messages.at(0).at("content"),
              "error: the call is not a JSON object");
    EXPECT_TRUE(answer<llama>("The answer is {4}.").over);
}

TEST(tools, are_declared_once) {
    EXPECT_EQ(aha::tool_schemas(tools())[0],
              aha::json::parse(R"({"type": "function", "function": {"name": "double", "description": "Twice a number.",
                "parameters": {"type": "object", "properties": {"x": {"type": "integer", "description": "the number"},
                "unit": {"type": "string", "description": "of it"}}, "required": ["x"]}}})"));
    const auto said = [](std::vector<aha::tool> wrong) {
        return aha::test::complaint([&] { aha::tool_environment<>{wrong}; });
    };
    EXPECT_EQ(said({{"f", "", {{"x", "int", ""}}, [](const aha::json&) { return ""; }}}),
              "the parameter \"x\" of the tool \"f\" has the type \"int\", which JSON does not have");
    EXPECT_EQ(said({{"f", "", {}, nullptr}}), "the tool \"f\" has no function to call");
    EXPECT_EQ(said({tools()[1], tools()[1]}), "two tools have the name \"now\"");
}

}  // namespace
