#include <aha/rollout/environment/llama_calls.hpp>

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <aha/text/chat_template.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using aha::json;
using aha::llama_calls;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(llama_calls, reads_what_llama_says) {
    // From Llama 3.1's model card and prompt formats; special tokens may be there or not.
    for (const char* said :
         {"{\"name\": \"trending_songs\", \"parameters\": {\"n\": \"10\", \"genre\": \"all\"}}",
          "<|python_tag|>{\"name\": \"trending_songs\", \"parameters\": {\"n\": \"10\", \"genre\": \"all\"}}<|eom_id|>",
          "\n\n{\"name\": \"trending_songs\", \"parameters\": {\"n\": \"10\", \"genre\": \"all\"}}\n"}) {
        const auto calls = llama_calls{}(said);
        ASSERT_THAT(calls, SizeIs(1)) << said;
        EXPECT_EQ(calls[0].complaint, "");
        EXPECT_EQ(calls[0].name, "trending_songs");
        EXPECT_EQ(calls[0].arguments, json({{"n", "10"}, {"genre", "all"}}));
    }
}

TEST(llama_calls, reads_what_the_template_writes) {
    const json call{{"name", "find"}, {"arguments", {{"what", "a \"b}\"\n{c};"}, {"most", 3}, {"deep", {{"x", 1}}}}}};
    const json talk = json::array({{{"role", "user"}, {"content", "?"}},
                                   {{"role", "assistant"},
                                    {"content", ""},
                                    {"tool_calls", json::array({{{"type", "function"}, {"function", call}}})}}});
    const std::filesystem::path data = std::filesystem::path{AHA_TEST_DATA} / "text" / "data" / "chat";
    const aha::chat_template chat{aha::test::text_of(data / "llama3_1.jinja"), json{{"bos_token", ""}}};
    const std::string text = chat.render(talk, {.add_generation_prompt = false});
    const auto calls = llama_calls{}(text.substr(text.rfind("\n\n{")));
    ASSERT_THAT(calls, SizeIs(1)) << text;
    EXPECT_EQ(calls[0].complaint, "");
    EXPECT_EQ(calls[0].arguments, call["arguments"]);
}

TEST(llama_calls, reads_several_with_semicolons_between) {
    const auto calls =
        llama_calls{}(R"({"name": "a", "parameters": {"x": "};{"}}; {"name": "b", "parameters": {}};{"name": "c"})");
    ASSERT_THAT(calls, SizeIs(3));
    EXPECT_EQ(calls[0].name + calls[1].name + calls[2].name, "abc");
    EXPECT_EQ(calls[0].arguments["x"], "};{");
    EXPECT_THAT(llama_calls{}(R"({"name": "a"}; and so on)"), SizeIs(1));
}

TEST(llama_calls, a_turn_without_one_has_none) {
    for (const char* said : {"", "It is 4.", "{\"answer\": 4}", "{", "I call {\"name\": \"add\", \"parameters\": {}}",
                             "<think>\n{\"name\": \"add\"}"})
        EXPECT_THAT(llama_calls{}(said), IsEmpty()) << said;
}

TEST(llama_calls, says_why_it_cannot_read_one) {
    const auto problem = [](const std::string& said) {
        const auto calls = llama_calls{}(said);
        return calls.size() == 1 ? calls[0].complaint : std::to_string(calls.size()) + " calls";
    };
    EXPECT_EQ(problem("{\"name\": \"add\", \"parameters\": {\"a\": 1}"),
              "the call: not valid JSON at byte 39: the text ends too early");
    EXPECT_EQ(problem("{\"name\": 3}"), "the call has no \"name\"");
    EXPECT_EQ(problem("<|python_tag|>brave_search.call(query=\"x\")"),
              "the call: not valid JSON at byte 1: 'b' where a value belongs");
    EXPECT_THAT(problem("{\"name\"" + std::string(200'000, '{')), HasSubstr("the call: not valid JSON"));
}

}  // namespace
