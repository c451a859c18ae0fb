#include <aha/data/row_shapes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::json;
using aha::message;
using turns = std::vector<message>;
using testing::HasSubstr;

json row(const char* text) { return json::parse(text); }

/// What the parser says of a row at "f.jsonl:7".
template <class Parser>
std::string complaint(const Parser& parse, const char* text) {
    return aha::test::complaint([&] { parse(row(text), "f.jsonl:7"); });
}

TEST(row_shapes, tells_shapes_by_their_fields) {
    EXPECT_EQ(aha::shape_of(row(R"({"prompt":"a","chosen":"b","rejected":"c"})")), aha::row_shape::preference);
    EXPECT_EQ(aha::shape_of(row(R"({"messages":[],"prompt":"a","completion":"b"})")), aha::row_shape::conversation);
    EXPECT_EQ(aha::shape_of(row(R"({"prompt":"a","completion":"b","answer":1})")), aha::row_shape::pair);
    EXPECT_EQ(aha::shape_of(row(R"({"prompt":"a","answer":1})")), aha::row_shape::question);
    for (const char* none : {R"({"prompt":"a"})", R"({"chosen":"a"})", "{}", "[]", "3"})
        EXPECT_EQ(aha::shape_of(row(none)), std::nullopt) << none;
}

TEST(row_shapes, a_question_keeps_its_row) {
    const json given = row(R"({"prompt":"2+2?","answer":4,"level":"easy"})");
    const aha::prompt p = aha::as_question(given, "f.jsonl:7", 6);
    EXPECT_EQ(p.index, 6);
    EXPECT_EQ(p.text, "2+2?");
    EXPECT_EQ(p.fields, given);
    const json list = row(R"([{"role":"user","content":"2+2?"}])");
    const aha::prompt of_turns = aha::as_question(json{{"prompt", list}, {"answer", 4}}, "f.jsonl:8");
    EXPECT_EQ(of_turns.text, "");
    EXPECT_EQ(of_turns.messages, list);
}

TEST(row_shapes, a_pair_is_of_texts_or_of_turns) {
    EXPECT_EQ(aha::as_pair(row(R"({"prompt":"a","completion":"b","n":1})"), "f.jsonl:7", 6),
              (aha::text_pair{6, "a", "b"}));
    const aha::text_pair said{0, turns{{"system", ""}, {"user", "a"}}, turns{{"assistant", "b"}}};
    const std::string asked =
        R"({"prompt":[{"role":"system","content":""},{"role":"user","content":"a","name":null}],)";
    EXPECT_EQ(aha::as_pair(row((asked + R"("completion":[{"role":"assistant","content":"b"}]})").c_str()), ""), said);
    EXPECT_EQ(aha::as_pair(row((asked + R"("completion":"b"})").c_str()), ""), said);
}

TEST(row_shapes, a_row_of_a_file_brings_its_place) {
    const aha::data_row of_file{3, "f.jsonl:9", row(R"({"prompt":"a","completion":""})")};
    EXPECT_THAT([&] { aha::as_pair(of_file); },
                testing::ThrowsMessage<aha::error>(
                    "f.jsonl:9: taken for a pair (\"prompt\", \"completion\"): \"completion\" is empty"));
    EXPECT_EQ(aha::as_pair(aha::data_row{3, "", row(R"({"prompt":"a","completion":"b"})")}).index, 3);
}

TEST(row_shapes, a_conversation_has_turns) {
    const char* text = R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})";
    EXPECT_EQ(aha::as_conversation(row(text), "", 2), (aha::conversation{2, {{"user", "a"}, {"assistant", "b"}}}));
}

TEST(row_shapes, messages_keep_what_they_have_besides_a_text_in_the_file_s_order) {
    const char* text =
        R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
        {"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{"z":1,"a":2}}}]},
        {"role":"tool","name":"f","content":"3"},{"content":"c","role":"assistant","reasoning_content":"r"}],
        "tools":[{"type":"function","function":{"name":"f","description":"d"}}],
        "chat_template_kwargs":{"enable_thinking":false,"date":null}})";
    const aha::conversation said = aha::as_conversation(row(text), "", 2);
    ASSERT_EQ(said.messages.size(), 4U);
    EXPECT_EQ(said.messages[0].content, "ab");
    EXPECT_EQ(said.messages[1].content, "");
    EXPECT_EQ(said.messages[3].content, "c");
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(to_json(said.messages[i]).dump(), row(text)["messages"][i].dump()) << i;
    EXPECT_EQ(said.template_variables.dump(),
              R"({"enable_thinking":false,"date":null,"tools":)" + row(text)["tools"].dump() + "}");
    // Data sets store tools as JSON in a text too; an empty list and a null say nothing.
    const char* in_text = R"({"messages":[{"role":"assistant","content":"a"}],"tools":"[{\"x\":1}]"})";
    EXPECT_EQ(aha::as_conversation(row(in_text), "").template_variables.dump(), R"({"tools":[{"x":1}]})");
    for (const char* nothing : {"null", "[]", "\"\""})
        EXPECT_EQ(aha::as_conversation(
                      row((R"({"messages":[{"role":"assistant","content":"a"}],"tools":)" + std::string{nothing} + "}")
                              .c_str()),
                      "")
                      .template_variables.dump(),
                  "{}")
            << nothing;
}

TEST(row_shapes, a_preference_has_its_prompt_or_finds_it) {
    EXPECT_EQ(aha::as_preference(row(R"({"prompt":"a","chosen":"b","rejected":"c"})"), "", 4),
              (aha::preference{4, "a", "b", "c"}));
    const std::string user = R"({"role":"user","content":"a"})", good = R"({"role":"assistant","content":"b"})",
                      bad = R"({"role":"assistant","content":"c"})";
    const aha::preference wanted{0, turns{{"user", "a"}}, turns{{"assistant", "b"}}, turns{{"assistant", "c"}}};
    const std::string apart = "{\"prompt\":[" + user + "],\"chosen\":[" + good + "],\"rejected\":[" + bad + "]}";
    const std::string whole = "\"chosen\":[" + user + "," + good + "],\"rejected\":[" + user + "," + bad + "]}";
    const std::string words = "{\"prompt\":[" + user + R"(],"chosen":"b","rejected":"c"})";
    for (const std::string& text : {apart, "{" + whole, "{\"prompt\":\"a\"," + whole, words})
        EXPECT_EQ(aha::as_preference(row(text.c_str()), ""), wanted) << text;
}

TEST(row_shapes, say_what_is_wrong_and_what_the_row_was_taken_for) {
    using namespace aha;
    EXPECT_EQ(complaint(as_pair, R"({"messages":[],"id":1})"),
              "f.jsonl:7: taken for a pair (\"prompt\", \"completion\"): no field \"prompt\" in the row, which has "
              "\"messages\", \"id\"");
    EXPECT_THAT(complaint(as_pair, "[]"), HasSubstr("the row is not an object but array"));
    EXPECT_THAT(complaint(as_pair, R"({"prompt":3,"completion":"a"})"),
                HasSubstr("\"prompt\" is neither a text nor a list of messages but number"));
    EXPECT_THAT(complaint(as_pair, R"({"prompt":"a","completion":[{"role":"assistant","content":"b"}]})"),
                HasSubstr("\"completion\" is a list of messages, but the prompt is a text"));
    EXPECT_THAT(complaint(as_pair, R"({"prompt":[{"role":"user","content":"a"}],
                                       "completion":[{"role":"user","content":"b"}]})"),
                HasSubstr("\"completion\" answers with a turn of \"user\", not of \"assistant\""));

    EXPECT_EQ(complaint(as_question, R"({"prompt":"a"})"),
              "f.jsonl:7: taken for a question (\"prompt\", \"answer\"): no field \"answer\" in the row, which has "
              "\"prompt\"");
    EXPECT_THAT(complaint(as_question, R"({"prompt":"a","answer":""})"), HasSubstr("\"answer\" is empty"));
    EXPECT_THAT(complaint(as_question, R"({"prompt":"a","answer":null})"), HasSubstr("neither a text nor a number"));
    EXPECT_THAT(complaint(as_question, R"({"prompt":[{"role":"user"}],"answer":1})"),
                HasSubstr("message 1 of \"prompt\" has no \"content\""));

    const std::string at = "f.jsonl:7: taken for a conversation (\"messages\"): ";
    EXPECT_EQ(complaint(as_conversation, R"({"messages":[{"role":"user","content":"a"}]})"),
              at + "\"messages\" has no turn of \"assistant\", so there is nothing to learn");
    EXPECT_EQ(complaint(as_conversation, R"({"messages":"a"})"),
              at + "\"messages\" is not a list of messages but string");
    EXPECT_EQ(complaint(as_conversation, R"({"messages":[]})"), at + "\"messages\" is an empty list of messages");
    const auto message = [&](const char* one) {
        return complaint(as_conversation, (std::string{"{\"messages\":["} + one + "]}").c_str());
    };
    EXPECT_EQ(message("3"), at + "message 1 of \"messages\" is not an object but number");
    EXPECT_EQ(message(R"({"content":"a"})"), at + "message 1 of \"messages\" has no \"role\"");
    EXPECT_EQ(message(R"({"role":"","content":"a"})"), at + "message 1 of \"messages\" has an empty role");
    EXPECT_EQ(message(R"({"role":"user"})"), at + "message 1 of \"messages\" has no \"content\"");
    EXPECT_EQ(message(R"({"role":"user","content":3})"),
              at + "message 1 of \"messages\" has a \"content\" that is neither a text nor a list of parts but number");
    EXPECT_EQ(message(R"({"role":"user","content":[3]})"),
              at + "message 1 of \"messages\" has a part of its \"content\" that is neither a text nor an object but "
                   "number");
    EXPECT_THAT(complaint(as_conversation, R"({"messages":[{"role":"assistant","content":"a"}],"tools":3})"),
                HasSubstr("\"tools\" is not a list but number"));
    EXPECT_THAT(complaint(as_conversation, R"({"messages":[{"role":"assistant","content":"a"}],"tools":"x"})"),
                HasSubstr("\"tools\" is not a list but a text"));
    EXPECT_THAT(
        complaint(as_conversation, R"({"messages":[{"role":"assistant","content":"a"}],"chat_template_kwargs":[]})"),
        HasSubstr("\"chat_template_kwargs\" is not an object but array"));

    EXPECT_EQ(complaint(as_preference, R"({"prompt":"a","chosen":"b","rejected":"b"})"),
              "f.jsonl:7: taken for a preference (\"prompt\", \"chosen\", \"rejected\"): \"chosen\" and \"rejected\" "
              "are equal");
    EXPECT_THAT(complaint(as_preference, R"({"chosen":"b","rejected":"c"})"), HasSubstr("no field \"prompt\""));
    EXPECT_THAT(complaint(as_preference, R"({"prompt":"a","chosen":"b"})"), HasSubstr("no field \"rejected\""));
    const auto two = [&](const std::string& good, const std::string& bad) {
        return complaint(as_preference, ("{\"chosen\":[" + good + "],\"rejected\":[" + bad + "]}").c_str());
    };
    const std::string a = R"({"role":"user","content":"a"})", b = R"({"role":"assistant","content":"b"})",
                      c = R"({"role":"user","content":"c"})";
    EXPECT_THAT(two(a + "," + b, a + "," + b), HasSubstr("are equal"));
    EXPECT_THAT(two(a + "," + b, c + "," + b), HasSubstr("no first turn in common"));
    EXPECT_THAT(two(a + "," + b, a), HasSubstr("\"rejected\" has no turn after the prompt"));
    EXPECT_THAT(two(a + "," + c, a + "," + b), HasSubstr("\"chosen\" answers with a turn of \"user\""));
}

}  // namespace
