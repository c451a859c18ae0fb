#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/text/tokenizer_json.hpp>
#include <aha/data/row_example.hpp>

#include <tests/support/complaint.hpp>
#include <tests/support/text_files.hpp>

namespace {

using aha::test::complaint;
using aha::test::text_of;

const std::filesystem::path data{AHA_TEST_DATA};
using testing::HasSubstr;

struct source {
    aha::bpe_tokenizer tokenizer;
    std::optional<aha::chat_template> chat;
};

/// The small Qwen tokenizer of the tests, whose turns end with <|im_end|>, id 701.
source qwen(const std::string& chat) {
    auto json = nlohmann::json::parse(text_of(data / "text" / "data" / "tokenizers" / "qwen.json"));
    json.erase("golden");
    return {aha::make_tokenizer(json, {.end_ids = {701}}), aha::chat_template{chat}};
}

const std::string simple =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

aha::data_row row(const char* json) { return {6, "set.jsonl:7", aha::json::parse(json)}; }

std::string learned_text(const source& from, const aha::supervised_example& example) {
    std::vector<aha::token_id> ids;
    for (std::size_t i = 0; i < example.ids.size(); ++i)
        if (example.loss_mask[i] != 0) ids.push_back(example.ids[i]);
    return from.tokenizer.decode(ids, false);
}

TEST(row_example, each_shape_teaches_what_is_to_be_said) {
    const source from = qwen(simple);
    const auto texts = aha::row_example(from, row(R"({"prompt": "Hi", "completion": " there"})"));
    EXPECT_EQ(texts.index, 6);
    EXPECT_EQ(learned_text(from, texts), " there<|im_end|>");
    const auto turns = aha::row_example(from, row(R"({"prompt": [{"role": "user", "content": "Hi"}],
                      "completion": [{"role": "assistant", "content": "Hello."}]})"));
    EXPECT_EQ(learned_text(from, turns), "Hello.<|im_end|>\n");
    EXPECT_EQ(from.tokenizer.decode(turns.ids, false),
              "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n");
    const source marked = qwen(text_of(data / "text" / "data" / "chat" / "qwen3_training.jinja"));
    const auto spoken = aha::row_example(
        marked,
        row(R"({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]})"));
    EXPECT_THAT(learned_text(marked, spoken), HasSubstr("Hello.<|im_end|>"));
    EXPECT_THAT(learned_text(marked, spoken), testing::Not(HasSubstr("Hi")));
    // A template that is given goes before the model's own.
    const auto shouting = aha::row_example(
        from, row(R"({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]})"),
        marked.chat);
    EXPECT_EQ(shouting, spoken);
}

TEST(row_example, tools_and_template_variables_of_the_row_reach_the_template) {
    const source from = qwen(
        "{% for t in tools or [] %}{{ t | tojson }}\n{% endfor %}{{ mode }}{% for m in messages %}<|im_start|>{{ "
        "m.role }}\n"
        "{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function | tojson }}{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
    const std::string tools = R"("tools": [{"z": 1, "a": {"y": 2, "b": 3}}], "chat_template_kwargs": {"mode": "loud"})";
    const std::string call = R"({"role": "assistant", "content": null, "tool_calls": [{"function":
                                {"name": "f", "arguments": {"to": "x", "at": 3}}}]})";
    const std::string wanted = R"({"z": 1, "a": {"y": 2, "b": 3}})"
                               "\nloud<|im_start|>user\nHi<|im_end|>\n"
                               "<|im_start|>assistant\nNone"
                               R"({"name": "f", "arguments": {"to": "x", "at": 3}})"
                               "<|im_end|>\n";
    const auto spoken = aha::row_example(
        from, row((R"({"messages": [{"role": "user", "content": "Hi"}, )" + call + "], " + tools + "}").c_str()));
    const auto pair = aha::row_example(
        from, row((R"({"prompt": [{"role": "user", "content": "Hi"}], "completion": [)" + call + "], " + tools + "}")
                      .c_str()));
    for (const auto& made : {spoken, pair}) {
        const std::string text = from.tokenizer.decode(made.ids, false);
        // A null content is no key for a template: an undefined name prints nothing.
        EXPECT_EQ(text, std::string{wanted}.replace(wanted.find("None"), 4, ""));
    }
}

TEST(row_example, rows_that_teach_nothing_are_named_by_file_and_line) {
    const source from = qwen(simple), mute{from.tokenizer, std::nullopt};
    const auto of = [&](const char* json) { return complaint([&] { (void)aha::row_example(from, row(json)); }); };
    EXPECT_THAT(of(R"({"prompt": "Hi", "answer": 3})"), HasSubstr("set.jsonl:7: nothing to learn"));
    EXPECT_THAT(of(R"({"prompt": "Hi", "completion": ""})"), HasSubstr("set.jsonl:7: taken for a pair"));
    EXPECT_THAT(of(R"({"messages": [{"role": "user", "content": "Hi"}]})"), HasSubstr("no turn of \"assistant\""));
    EXPECT_THAT(complaint([&] {
                    (void)aha::row_example(mute, row(R"({"prompt": [{"role": "user", "content": "Hi"}],
                                                         "completion": [{"role": "assistant", "content": "Yes"}]})"));
                }),
                HasSubstr("no chat template"));
    const source endless = qwen("{% for m in messages %}{{ m.content }}{% endfor %}");
    EXPECT_THAT(complaint([&] {
                    (void)aha::row_example(endless, row(R"({"prompt": [{"role": "user", "content": "Hi"}],
                                                            "completion": [{"role": "assistant", "content": "Yes"}]})"));
                }),
                HasSubstr("never learn to stop"));
}

TEST(row_example, a_sampled_completion_is_learned_as_it_ended) {
    const source from = qwen(simple);
    const auto learned = [&](const char* json) { return learned_text(from, aha::row_example(from, row(json))); };
    EXPECT_EQ(learned(R"({"prompt": "Hi", "completion": " there", "finish_reason": "length"})"), " there");
    EXPECT_EQ(learned(R"({"prompt": "Hi", "completion": " there", "finish_reason": "end_token"})"), " there<|im_end|>");
    EXPECT_EQ(learned(R"({"prompt": "Hi", "completion": " there", "finish_reason": "stop"})"), " there<|im_end|>");
    EXPECT_EQ(learned(R"({"prompt": "Hi", "completion": " there", "finish_reason": null})"), " there<|im_end|>");
    EXPECT_EQ(learned(R"({"prompt": "Hi", "completion": "", "finish_reason": "end_token"})"), "<|im_end|>");
    EXPECT_THAT(complaint([&] { learned(R"({"prompt": "Hi", "completion": "", "finish_reason": "length"})"); }),
                HasSubstr("\"completion\" is empty"));
    EXPECT_THAT(complaint([&] { learned(R"({"prompt": "Hi", "completion": ""})"); }),
                HasSubstr("\"completion\" is empty"));

    const auto example = aha::row_example(from, row(R"({"prompt_ids": [5, 700], "completion": " there"})"));
    EXPECT_EQ(learned_text(from, example), " there<|im_end|>");
    EXPECT_EQ(example.ids[0], 5);
    EXPECT_EQ(example.ids[1], 700);
    EXPECT_EQ(example.loss_mask[1], 0);
    EXPECT_THAT(complaint([&] { learned(R"({"prompt_ids": [5, 70000], "completion": " there"})"); }),
                HasSubstr("set.jsonl:7: taken for a sampled completion (\"prompt\" or \"prompt_ids\", \"completion\"): "
                          "\"prompt_ids\" holds 70000"));
    EXPECT_THAT(complaint([&] { learned(R"({"prompt_ids": ["a"], "completion": " there"})"); }),
                HasSubstr("\"prompt_ids\" holds \"a\""));
    EXPECT_THAT(complaint([&] { learned(R"({"prompt_ids": [], "completion": " there"})"); }),
                HasSubstr("\"prompt_ids\" is not a list of tokens"));
    EXPECT_THAT(complaint([&] { learned(R"({"prompt_ids": [1], "completion": 4})"); }),
                HasSubstr("\"completion\" is not a text but number"));
}

}  // namespace
