#include <aha/rollout/environment/hermes_calls.hpp>

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <aha/text/chat_template.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using aha::hermes_calls;
using aha::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(hermes_calls, reads_what_qwen_says) {
    // Qwen 2.5's and Qwen 3's answers in the page on function calling of their documentation.
    const auto two = hermes_calls{}(
        "<tool_call>\n{\"name\": \"get_current_temperature\", \"arguments\": {\"location\": \"San Francisco, CA, "
        "USA\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"get_temperature_date\", \"arguments\": {\"location\": \"San "
        "Francisco, CA, USA\", \"date\": \"2024-10-01\"}}\n</tool_call>");
    ASSERT_THAT(two, SizeIs(2));
    EXPECT_EQ(two[0].complaint + two[1].complaint, "");
    EXPECT_EQ(two[0].name, "get_current_temperature");
    EXPECT_EQ(two[0].arguments, json({{"location", "San Francisco, CA, USA"}}));
    EXPECT_EQ(two[1].name, "get_temperature_date");
    EXPECT_EQ(two[1].arguments["date"], "2024-10-01");
    const auto thought = hermes_calls{}(
        "<think>\nI could write <tool_call>\n{\"name\": \"no\"}\n</tool_call>, but first ...\n</think>\n\nLet me see."
        "\n\n<tool_call>\n{\"name\": \"get_current_temperature\", \"arguments\": {\"location\": \"Graz\", \"unit\": "
        "\"celsius\"}}\n</tool_call>");
    ASSERT_THAT(thought, SizeIs(1));
    EXPECT_EQ(thought[0].arguments["unit"], "celsius");
}

TEST(hermes_calls, reads_what_the_templates_write) {
    const json call{{"name", "find"},
                    {"arguments", {{"what", "a \"b\"\n{c} \xC3\xA9"}, {"most", 3}, {"deep", {1, {2}}}}}};
    const json talk = json::array({{{"role", "user"}, {"content", "?"}},
                                   {{"role", "assistant"},
                                    {"content", "So:"},
                                    {"tool_calls", json::array({{{"type", "function"}, {"function", call}},
                                                                {{"type", "function"}, {"function", call}}})}}});
    for (const char* name : {"qwen2_5", "qwen3", "qwen3_training"}) {
        const std::filesystem::path data = std::filesystem::path{AHA_TEST_DATA} / "text" / "data" / "chat";
        const aha::chat_template chat{aha::test::text_of(data / (std::string{name} + ".jinja"))};
        const std::string text = chat.render(talk, {.add_generation_prompt = false});
        const auto calls = hermes_calls{}(text.substr(text.rfind("<|im_start|>")));
        ASSERT_THAT(calls, SizeIs(2)) << text;
        for (const aha::tool_call& one : calls) {
            EXPECT_EQ(one.complaint, "");
            EXPECT_EQ(one.name, "find");
            EXPECT_EQ(one.arguments, call["arguments"]);
        }
    }
}

TEST(hermes_calls, a_turn_without_one_has_none) {
    for (const char* said : {"", "It is 4.", "<tool_response>\n4\n</tool_response>", "</tool_call>",
                             "{\"name\": \"add\", \"arguments\": {}}", "<think>\n<tool_call>{}</tool_call>"})
        EXPECT_THAT(hermes_calls{}(said), IsEmpty()) << said;
}

TEST(hermes_calls, takes_a_call_whose_end_is_missing) {
    const auto cut = hermes_calls{}("<tool_call>\n{\"name\": \"now\"}\n");  // ended by the stop string </tool_call>
    ASSERT_THAT(cut, SizeIs(1));
    EXPECT_EQ(cut[0].name + cut[0].complaint, "now");
    EXPECT_EQ(cut[0].arguments, json::object());
    const auto between = hermes_calls{}("<tool_call>{\"name\": \"a\"}<tool_call>{\"name\": \"b\"}</tool_call>");
    ASSERT_THAT(between, SizeIs(2));
    EXPECT_EQ(between[0].name + between[1].name, "ab");
    const auto text = hermes_calls{}(R"(<tool_call>{"name": "a", "arguments": "{\"x\": 1}"}</tool_call>)");
    EXPECT_EQ(text.at(0).arguments, json({{"x", 1}}));
}

TEST(hermes_calls, says_why_it_cannot_read_one) {
    const auto problem = [](const std::string& call) {
        const auto calls = hermes_calls{}("<tool_call>\n" + call + "\n</tool_call>");
        return calls.size() == 1 ? calls[0].complaint : std::to_string(calls.size()) + " calls";
    };
    EXPECT_EQ(problem("{\"name\": \"add\", \"arguments\": {\"a\": 1}"),
              "the call: not valid JSON at byte 40: the text ends too early");
    EXPECT_EQ(problem("add(1, 2)"), "the call: not valid JSON at byte 2: 'a' where a value belongs");
    EXPECT_EQ(problem("[1]"), "the call is not a JSON object");
    EXPECT_EQ(problem("{\"arguments\": {}}"), "the call has no \"name\"");
    EXPECT_EQ(problem("{\"name\": 3, \"arguments\": {}}"), "the call has no \"name\"");
    EXPECT_THAT(problem("{\"name\": \"\xFF\"}"), HasSubstr("not UTF-8"));
    EXPECT_THAT(problem("{\"name\": \"f\", \"arguments\": {\"x\": NaN}}"), HasSubstr("the call: not valid JSON"));
    EXPECT_THAT(problem("{\"name\": \"f\", \"arguments\": \"x = 3\"}"), HasSubstr("the arguments: not valid JSON"));
    EXPECT_THAT(problem("{\"name\": \"f\", \"arguments\": " + std::string(200'000, '[')),
                HasSubstr("nested deeper than 64 levels"));
}

}  // namespace
