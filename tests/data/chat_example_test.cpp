#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/text/byte_tokenizer.hpp>
#include <aha/text/tokenizer_json.hpp>
#include <aha/data/chat_example.hpp>
#include <aha/data/completion_example.hpp>

#include <tests/support/complaint.hpp>
#include <tests/support/text_files.hpp>

namespace {

using aha::test::complaint;
using aha::test::text_of;

const std::filesystem::path data{AHA_TEST_DATA};

struct source_with_template {
    aha::bpe_tokenizer tokenizer;
    std::optional<aha::chat_template> chat;
};

/// The small Qwen tokenizer of the tests, whose turns end with <|im_end|>, id 701.
source_with_template qwen(const std::string& chat) {
    auto json = nlohmann::json::parse(text_of(data / "text" / "data" / "tokenizers" / "qwen.json"));
    json.erase("golden");
    return {aha::make_tokenizer(json, {.end_ids = {701}}), aha::chat_template{chat}};
}

std::string learned_text(const source_with_template& from, const aha::supervised_example& example) {
    std::vector<aha::token_id> ids;
    for (std::size_t i = 0; i < example.ids.size(); ++i)
        if (example.loss_mask[i] != 0) ids.push_back(example.ids[i]);
    return from.tokenizer.decode(ids, false);
}

const nlohmann::ordered_json hello = {{{"role", "user"}, {"content", "Hi"}},
                                      {{"role", "assistant"}, {"content", "Hello."}}};

TEST(chat_example, ids_and_marks_are_those_of_transformers) {
    const auto golden = nlohmann::ordered_json::parse(text_of(data / "train" / "data" / "chat_examples.json"));
    ASSERT_GE(golden.at("cases").size(), 3U);
    for (const auto& one : golden.at("cases")) {
        const auto source =
            qwen(text_of(data / "text" / "data" / "chat" / (one.at("template").get<std::string>() + ".jinja")));
        const aha::supervised_example made = aha::chat_example(source, one.at("messages"), {.index = 4});
        EXPECT_EQ(made.ids, one.at("ids").get<std::vector<aha::token_id>>());
        EXPECT_EQ(made.loss_mask, one.at("mask").get<std::vector<std::uint8_t>>());
        EXPECT_EQ(made.index, 4);
    }
}

TEST(chat_example, a_released_template_without_marks_learns_up_to_the_end_token_of_each_turn) {
    const auto plain = qwen(text_of(data / "text" / "data" / "chat" / "qwen2_5.jinja"));
    nlohmann::ordered_json two = hello;
    two.push_back({{"role", "user"}, {"content", "Again"}});
    two.push_back({{"role", "assistant"}, {"content", "Yes."}});
    const aha::supervised_example made = aha::chat_example(plain, two, {.index = 7});
    EXPECT_EQ(learned_text(plain, made), "Hello.<|im_end|>Yes.<|im_end|>");
    EXPECT_EQ(learned_text(plain, aha::chat_example(plain, two, {.turns = aha::learned_turns::last})),
              "Yes.<|im_end|>");
    EXPECT_EQ(plain.tokenizer.decode(made.ids, false), plain.chat->render(two, {.add_generation_prompt = false}));
    const auto unsteady = qwen(text_of(data / "text" / "data" / "chat" / "qwen3.jinja"));
    EXPECT_EQ(learned_text(unsteady, aha::chat_example(unsteady, hello)), "<think>\n\n</think>\n\nHello.<|im_end|>");
    EXPECT_THAT(complaint([&] { (void)aha::chat_example(unsteady, two, {.index = 7}); }),
                testing::AllOf(testing::HasSubstr("example 7"), testing::HasSubstr("does not preserve prefixes")));
    const auto endless = qwen(
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}");
    EXPECT_THAT(complaint([&] { (void)aha::chat_example(endless, hello); }),
                testing::HasSubstr("no end token of the tokenizer behind a turn"));
}

TEST(chat_example, text_that_the_template_leaves_out_is_an_error_unless_allowed) {
    const auto r1 = qwen(
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content.split('</think>')[-1] }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
    const nlohmann::ordered_json thinks = {{{"role", "user"}, {"content", "Hi"}},
                                           {{"role", "assistant"}, {"content", "<think>why</think>Hello."}}};
    EXPECT_THAT(complaint([&] { (void)aha::chat_example(r1, thinks, {.index = 7}); }),
                testing::AllOf(testing::HasSubstr("example 7"),
                               testing::HasSubstr("leaves out \"content\" of message 2, before </think>"),
                               testing::HasSubstr("allow dropped text")));
    EXPECT_EQ(learned_text(r1, aha::chat_example(r1, thinks, {.allow_dropped_text = true})), "Hello.<|im_end|>");
}

/// Tokens that merge letters, with the normalizer NFC: what is encoded is not the text.
TEST(chat_example, decomposed_letters_and_jamo_are_marked_by_where_they_came_from) {
    auto json = nlohmann::json::parse(text_of(data / "text" / "data" / "tokenizers" / "qwen.json"));
    json.erase("golden");
    json["normalizer"] = {{"type", "NFC"}};
    const source_with_template source{aha::make_tokenizer(json, {.end_ids = {701}}),
                                      aha::chat_template{text_of(data / "text" / "data" / "chat" / "qwen2_5.jinja")}};
    const nlohmann::ordered_json two = {{{"role", "user"}, {"content", "Zu\u0308rich? \u1112\u1161\u11ab"}},
                                        {{"role", "assistant"}, {"content", "Ange\u0301lique \u1112\u1161\u11ab"}}};
    const aha::supervised_example made = aha::chat_example(source, two);
    EXPECT_EQ(learned_text(source, made), "Ang\u00e9lique \ud55c<|im_end|>");
}

TEST(chat_example, a_block_that_leaves_out_the_end_token_is_an_error) {
    const auto open = qwen(
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
        "{% endgeneration %}{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}");
    EXPECT_THAT(complaint([&] { (void)aha::chat_example(open, hello); }), testing::HasSubstr("never learn to stop"));
    EXPECT_THAT(complaint([&] {
                    (void)aha::chat_example(source_with_template{open.tokenizer, {}}, hello);
                }),
                testing::HasSubstr("no chat template"));
}

TEST(completion_example, the_completion_and_an_end_token_are_learned_given_the_prompt) {
    const auto source = qwen("");
    const aha::supervised_example made = aha::completion_example(source, "Hi", " there", 3);
    const auto prompt = source.tokenizer.encode("Hi"), said = source.tokenizer.encode(" there");
    std::vector<aha::token_id> ids = prompt;
    ids.insert(ids.end(), said.begin(), said.end());
    ids.push_back(701);
    EXPECT_EQ(made.ids, ids);
    EXPECT_EQ(std::count(made.loss_mask.begin(), made.loss_mask.end(), 1), std::ssize(said) + 1);
    EXPECT_EQ(std::count(made.loss_mask.begin(), made.loss_mask.begin() + std::ssize(prompt), 0), std::ssize(prompt));
    const aha::supervised_example ended = aha::completion_example(source, "Hi", " there<|im_end|>", 3);
    EXPECT_EQ(ended, made) << "one end token is enough";
}

TEST(completion_example, what_cannot_be_learned_is_an_error) {
    const auto source = qwen("");
    EXPECT_THAT(complaint([&] { (void)aha::completion_example(source, "Hi", "", 3); }),
                testing::HasSubstr("completion of example 3 is empty"));
    EXPECT_THAT(complaint([&] { (void)aha::completion_example(source, "", "yes", 3); }),
                testing::HasSubstr("prompt 3 is empty"));
    // A pair ends with the tokenizer's own end token, whichever ids end a completion besides.
    const source_with_template two_ends{source.tokenizer.with_facts({.end_ids = {700, 701}, .eos = 701}), {}};
    EXPECT_EQ(aha::completion_example(two_ends, "Hi", "yes").ids.back(), 701);
    const source_with_template endless{source.tokenizer.with_facts({}), {}};
    EXPECT_THAT(complaint([&] { (void)aha::completion_example(endless, "Hi", "yes"); }),
                testing::HasSubstr("no end token"));
}

}  // namespace
