#include <aha/rollout/environment/tool.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using aha::json;
using aha::tool;
using aha::test::complaint;

const auto nothing = [](const json&) { return std::string{}; };

tool weather() {
    return {"get_weather",
            "The weather of a city",
            {{"city", "string", "its name"}, {"days", "integer", "how many", false}, {"exact", "boolean", ""}},
            nothing};
}

TEST(tool, is_shown_as_transformers_shows_a_function) {
    // transformers' get_json_schema of get_weather(city: str, exact: bool, days: int = 1)
    EXPECT_EQ(aha::tool_schemas({weather()}).dump(),
              R"([{"type":"function","function":{"name":"get_weather","description":"The weather of a city",)"
              R"("parameters":{"type":"object","properties":{"city":{"type":"string","description":"its name"},)"
              R"("days":{"type":"integer","description":"how many"},"exact":{"type":"boolean","description":""}},)"
              R"("required":["city","exact"]}}}])");
    EXPECT_EQ((tool{"now", "The time", {}, nothing}.schema()).dump(),
              R"({"type":"function","function":{"name":"now","description":"The time",)"
              R"("parameters":{"type":"object","properties":{}}}})");
}

TEST(tool, says_what_is_wrong_with_arguments) {
    const auto problem = [](const char* arguments) { return weather().complaint(json::parse(arguments)); };
    EXPECT_EQ(problem(R"({"city": "Graz", "exact": true})"), "");
    EXPECT_EQ(problem(R"({"exact": false, "days": 2.0, "city": ""})"), "");
    EXPECT_EQ(problem(R"({"exact": false, "days": null, "city": ""})"), "");
    EXPECT_EQ(problem(R"(["Graz", true])"), R"(the arguments of get_weather must be an object, not ["Graz",true])");
    EXPECT_EQ(problem(R"({"city": "Graz"})"), R"(get_weather needs the argument "exact" (boolean))");
    EXPECT_EQ(problem(R"({"city": 3, "exact": true})"),
              R"(the argument "city" of get_weather must be of the type string, not 3)");
    EXPECT_EQ(problem(R"({"city": null, "exact": true})"),
              R"(the argument "city" of get_weather must be of the type string, not null)");
    EXPECT_EQ(problem(R"({"city": "Graz", "exact": true, "days": 2.5})"),
              R"(the argument "days" of get_weather must be of the type integer, not 2.5)");
    EXPECT_EQ(problem(R"({"city": "Graz", "exact": true, "days": "2"})"),
              R"(the argument "days" of get_weather must be of the type integer, not "2")");
    EXPECT_EQ(problem(R"({"city": "Graz", "exact": true, "unit": 1})"), R"(get_weather has no parameter "unit")");
    const std::string long_one = problem((R"({"exact": true, "city": [")" + std::string(500, 'x') + "\"]}").c_str());
    EXPECT_LT(long_one.size(), 150U);
}

TEST(tool, knows_the_types_of_json_schema) {
    const std::vector<std::pair<std::string, std::string>> fit{{"string", "\"a\""}, {"number", "1.5"},
                                                               {"integer", "-2"},   {"boolean", "true"},
                                                               {"array", "[]"},     {"object", "{}"}};
    for (const auto& [type, value] : fit)
        for (const auto& [other, its] : fit)
            EXPECT_EQ((tool{"f", "", {{"x", type, ""}}, nothing}.complaint({{"x", json::parse(its)}}).empty()),
                      type == other || (type == "number" && other == "integer"))
                << type << " " << its;
}

TEST(tool, that_makes_no_sense_is_named) {
    const auto said = [](const tool& one) { return complaint([&] { one.validate(); }); };
    EXPECT_EQ(said(weather()), "no complaint");
    EXPECT_EQ(said({"", "", {}, nothing}), "a tool has no name");
    EXPECT_EQ(said({"f", "", {}, nullptr}), "the tool \"f\" has no function to call");
    EXPECT_EQ(said({"f", "", {{"", "string", ""}}, nothing}), "a parameter of the tool \"f\" has no name");
    EXPECT_EQ(said({"f", "", {{"a", "string", ""}, {"a", "number", ""}}, nothing}),
              "the tool \"f\" has two parameters \"a\"");
    EXPECT_EQ(said({"f", "", {{"a", "int", ""}}, nothing}),
              "the parameter \"a\" of the tool \"f\" has the type \"int\", which JSON does not have");
}

}  // namespace
