#include <aha/rollout/environment/chat_turns.hpp>

#include <cstddef>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

// What stands between turns, with the chat templates of published models.
namespace {

using aha::chat_template;
using aha::environment_answer;
using aha::json;
using aha::test::complaint;
using testing::HasSubstr;
using testing::StartsWith;

chat_template published(const std::string& name) {
    const std::filesystem::path data = std::filesystem::path{AHA_TEST_DATA} / "text" / "data" / "chat";
    return chat_template{aha::test::text_of(data / (name + ".jinja")),
                         json{{"bos_token", "<s>"}, {"eos_token", "</s>"}}};
}

aha::prompt asked(std::vector<std::pair<std::string, std::string>> messages) {
    aha::prompt p;
    p.index = 5;
    p.messages = json::array();
    for (const auto& [role, content] : messages) p.messages.push_back({{"role", role}, {"content", content}});
    return p;
}

/// Turns with what the policy said, without their tokens.
aha::completion turns(const std::vector<std::string>& said) {
    aha::completion c;
    c.finish = aha::finish_reason::end_token;
    for (const std::string& words : said) {
        c.turns.push_back({.said = words});
    }
    return c;
}

/// A dialogue put together as the sampler does it: the prompt, what was said, what stands between.
std::string joined(const chat_template& chat, const aha::prompt& p, const std::vector<std::string>& said,
                   const std::vector<environment_answer>& answers, const json& variables = json::object()) {
    const aha::chat_turns format{chat};
    std::string text = chat.render(p.messages, {.variables = variables});
    for (std::size_t n = 0; n < answers.size(); ++n) {
        const std::vector<std::string> until{said.begin(), said.begin() + static_cast<std::ptrdiff_t>(n) + 1};
        text += said[n] + format.text_between(p, turns(until), std::span{answers}.first(n + 1));
    }
    return text;
}

/// The same, rendered at once.
std::string rendered(const chat_template& chat, const aha::prompt& p, const std::vector<std::string>& said,
                     const std::vector<environment_answer>& answers, const json& variables = json::object()) {
    json all = p.messages;
    for (std::size_t n = 0; n < answers.size(); ++n) {
        all.push_back({{"role", "assistant"}, {"content", said[n]}});
        if (answers[n].messages.is_array())
            for (const json& one : answers[n].messages) all.push_back(one);
        else all.push_back({{"role", answers[n].role}, {"content", answers[n].text}});
    }
    return chat.render(all, {.variables = variables});
}

TEST(chat_turns, write_what_the_whole_dialogue_has_between_the_turns) {
    const std::vector<std::string> said{"32", "Then it is 48.\n\nIs it?"};
    const std::vector<environment_answer> answers{{.text = "higher"}, {.text = "lower \xE2\x80\x93 try \"again\""}};
    for (const char* name : {"qwen2_5", "llama3_1", "smollm2", "gemma3"}) {
        SCOPED_TRACE(name);
        const chat_template chat = published(name);
        for (const auto& p : {asked({{"user", "Guess."}}), asked({{"system", "A game."}, {"user", "Guess."}})})
            EXPECT_EQ(joined(chat, p, said, answers), rendered(chat, p, said, answers));
    }
}

TEST(chat_turns, write_the_tools_role) {
    const std::vector<std::string> said{"<tool_call>\n{\"name\": \"add\", \"arguments\": {}}\n</tool_call>", "So: 7"};
    const std::vector<environment_answer> answers{{.text = "7", .role = "tool"}, {.text = "Wrong."}};
    for (const char* name : {"qwen2_5", "llama3_1"}) {
        SCOPED_TRACE(name);
        const chat_template chat = published(name);
        aha::prompt p = asked({{"user", "3 + 4?"}});
        p.fields["tools"] =
            json::array({{{"type", "function"}, {"function", {{"name", "add"}, {"parameters", json::object()}}}}});
        const json variables{{"tools", p.fields["tools"]}};
        EXPECT_EQ(joined(chat, p, said, answers, variables), rendered(chat, p, said, answers, variables));
    }
    EXPECT_EQ(aha::chat_turns{published("qwen2_5")}.text_between(asked({{"user", "3 + 4?"}}), turns({said[0]}),
                                                                 std::span{answers}.first(1)),
              "<|im_end|>\n<|im_start|>user\n<tool_response>\n7\n</tool_response><|im_end|>\n<|im_start|>assistant\n");
}

TEST(chat_turns, write_several_messages_of_an_answer) {
    const std::vector<environment_answer> answers{
        {.messages = {{{"role", "tool"}, {"content", "1"}}, {{"role", "tool"}, {"content", "2"}}}}};
    EXPECT_EQ(aha::chat_turns{published("qwen2_5")}.text_between(asked({{"user", "?"}}), turns({"calls"}), answers),
              "<|im_end|>\n<|im_start|>user\n<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n"
              "</tool_response><|im_end|>\n<|im_start|>assistant\n");
}

TEST(chat_turns, keep_thinking_and_space_that_the_template_keeps) {
    const std::vector<std::string> said{"<think>\nhalf\n</think>\n\n32", "<think>\nmore\n</think>\n\n48"};
    const std::vector<environment_answer> answers{{.text = " higher \xC3\n"}, {.text = "\nlower"}};
    const aha::prompt p = asked({{"user", " Guess.\n"}});
    const chat_template training = published("qwen3_training");
    EXPECT_EQ(joined(training, p, said, answers), rendered(training, p, said, answers));
    // What a tool answers begins no new question, so that Qwen3's own template keeps the thoughts before it.
    std::vector<environment_answer> tools = answers;
    for (environment_answer& one : tools) one.role = "tool";
    const chat_template own = published("qwen3");
    EXPECT_EQ(joined(own, p, said, tools), rendered(own, p, said, tools));
    // The policy's spaces are its tokens: nothing between the turns depends on them.
    for (const char* name : {"qwen2_5", "llama3_1", "gemma3"})
        EXPECT_EQ(aha::chat_turns{published(name)}.text_between(p, turns({"  32 \n"}), std::span{answers}.first(1)),
                  aha::chat_turns{published(name)}.text_between(p, turns({"32"}), std::span{answers}.first(1)))
            << name;
}

TEST(chat_turns, give_the_template_the_prompts_variables) {
    aha::prompt p = asked({{"user", "Guess."}});
    const std::vector<environment_answer> answers{{.text = "higher"}};
    const aha::chat_turns format{published("qwen3_training")};
    EXPECT_EQ(format.text_between(p, turns({"32"}), answers),
              "<|im_end|>\n<|im_start|>user\nhigher<|im_end|>\n<|im_start|>assistant\n");
    p.fields["chat_template_kwargs"] = {{"enable_thinking", false}};
    EXPECT_EQ(format.text_between(p, turns({"32"}), answers),
              "<|im_end|>\n<|im_start|>user\nhigher<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
}

TEST(chat_turns, read_tools_as_data_sets_store_them) {
    aha::prompt p = asked({{"user", "Guess."}});
    p.fields["tools"] = R"([{"type": "function"}, {"type": "function"}])";  // JSON in a text
    const aha::chat_turns format{
        chat_template{"{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}{{ tools|length "
                      "}}{% endif %}"}};
    EXPECT_EQ(format.text_between(p, turns({"32"}), std::vector<environment_answer>{{.text = "higher"}}), "higher2");
    p.fields["tools"] = 3;
    EXPECT_EQ(
        complaint([&] { format.text_between(p, turns({"32"}), std::vector<environment_answer>{{.text = "higher"}}); }),
        "prompt 5: \"tools\" is not a list but number");
}

TEST(chat_turns, refuse_a_template_that_does_not_preserve_prefixes) {
    const std::vector<environment_answer> answers{{.text = "higher"}};
    const aha::prompt p = asked({{"user", "Guess."}});
    // Qwen3's drops what was thought before the last question.
    EXPECT_EQ(complaint([&] {
                  aha::chat_turns{published("qwen3")}.text_between(p, turns({"<think>\nx\n</think>\n\n32"}), answers);
              }),
              "the chat template does not preserve prefixes: what it writes of a dialogue up to the assistant's turn 1 "
              "of prompt 5 is no beginning of what it writes with the environment's answer; from "
              "\"<think>\\n...\\n</think>\\n\\nsaid...<|im_end|>\\n\" on");
    // That of R1's distilled models drops it everywhere, but the variant for training keeps it.
    const std::string thinks = "x\n</think>\n\n32";
    EXPECT_EQ(
        complaint([&] { aha::chat_turns{published("deepseek_r1_distill")}.text_between(p, turns({thinks}), answers); }),
        "the chat template does not preserve prefixes: it drops what the assistant thought in its turns, which "
        "stays in what the policy reads (prompt 5); give chat_turns a variant of the template that keeps it");
    EXPECT_EQ(aha::chat_turns{published("deepseek_r1_distill_training")}.text_between(p, turns({thinks}), answers),
              "<\xEF\xBD\x9C"
              "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C><\xEF\xBD\x9CUser\xEF\xBD\x9C>"
              "higher<\xEF\xBD\x9C"
              "Assistant\xEF\xBD\x9C><think>\n");
}

TEST(chat_turns, say_what_is_missing) {
    const std::vector<environment_answer> answers{{.text = "higher"}};
    aha::prompt plain;
    plain.index = 8;
    plain.text = "Guess.";
    const aha::chat_turns format{published("qwen2_5")};
    EXPECT_EQ(complaint([&] { format.text_between(plain, turns({"32"}), answers); }),
              "prompt 8 was not given as messages, so a chat template cannot write an environment's answer to it");
    const aha::chat_turns mute{chat_template{"{% for m in messages %}{{ m.role }}{% endfor %}"}};
    EXPECT_EQ(complaint([&] {
                  mute.text_between(asked({{"user", "?"}}), turns({"32"}), answers);
              }),
              "the chat template does not write what the assistant says in turn 1 of prompt 5");
    const aha::chat_turns strict{chat_template{
        "{% for m in messages %}{{ m.content }}{% if m.role == 'tool' %}\n{{ raise_exception('no tools') }}{% endif "
        "%}{% endfor %}"}};
    const std::vector<environment_answer> tool{{.text = "7", .role = "tool"}};
    EXPECT_THAT(complaint([&] {
                    strict.text_between(asked({{"user", "?"}}), turns({"32"}), tool);
                }),
                testing::AllOf(StartsWith("chat template line 2"), HasSubstr("no tools")));
}

/// Bytes, and two tokens of Qwen's.
struct small_tokenizer {
    static constexpr std::string_view end = "<|im_end|>", start = "<|im_start|>";
    std::vector<aha::token_id> encode(std::string_view text) const {
        std::vector<aha::token_id> ids;
        while (!text.empty()) {
            const bool ends = text.starts_with(end), starts = text.starts_with(start);
            ids.push_back(ends ? 256 : starts ? 257 : static_cast<unsigned char>(text.front()));
            text.remove_prefix(ends ? end.size() : starts ? start.size() : 1);
        }
        return ids;
    }
};

TEST(chat_turns, do_not_repeat_the_token_that_ended_the_turn) {
    const aha::chat_turns format{published("qwen2_5")};
    const small_tokenizer tokenizer;
    const aha::prompt p = asked({{"user", "Guess."}});
    const std::vector<environment_answer> answers{{.text = "higher"}};
    const auto whole = tokenizer.encode("<|im_end|>\n<|im_start|>user\nhigher<|im_end|>\n<|im_start|>assistant\n");
    aha::completion c = turns({"32"});
    c.ids = tokenizer.encode("32<|im_end|>");
    EXPECT_EQ(format(tokenizer, p, c, answers), (std::vector<aha::token_id>{whole.begin() + 1, whole.end()}));
    // What ends with a stop string has not said the template's token, also where its text begins like that token's.
    c.ids = tokenizer.encode("32<");
    c.finish = aha::finish_reason::stop_string;
    EXPECT_EQ(format(tokenizer, p, c, answers), whole);
}

}  // namespace
