#include <aha/pretrained/pretrained.hpp>

#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <utility>

#include <aha/dist/one_process.hpp>
#include <aha/model/initialize.hpp>
#include <aha/data/completion_example.hpp>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/sinking_attention.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::complaint;
using aha::test::text_of;
using aha::test::write;
using nlohmann::json;
using testing::HasSubstr;

/// A tokenizer that puts <s> (id 5) before a text, and has two turn marks (6, 7).
json words() {
    json added = json::array();
    for (const auto& [text, id] :
         {std::pair{"</s>", 4}, std::pair{"<s>", 5}, std::pair{"<|turn|>", 6}, std::pair{"<|end|>", 7}})
        added.push_back({{"id", id}, {"content", text}, {"special", true}, {"normalized", false}});
    return {
        {"added_tokens", added},
        {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
        {"post_processor",
         {{"type", "TemplateProcessing"},
          {"single",
           {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
          {"pair", json::array()},
          {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {5}}, {"tokens", {"<s>"}}}}}}}},
        {"model", {{"type", "WordLevel"}, {"vocab", {{"a", 0}, {"b", 1}, {"c", 2}, {"?", 3}}}, {"unk_token", "?"}}}};
}

class pretrained_folder : public testing::Test {
protected:
    pretrained_folder() {
        write(source() / "tokenizer.json", words().dump());
        write(source() / "tokenizer_config.json",
              json{{"bos_token", "<s>"}, {"eos_token", "<|end|>"}, {"chat_template", "old"}}.dump());
        write(source() / "generation_config.json", json{{"eos_token_id", 4}, {"temperature", 0.6}}.dump());
    }

    fs::path source() const { return folder_ / "source"; }
    fs::path saved() const { return folder_ / "saved"; }

    /// A small model with the tokenizer and template of the folder `source`.
    static aha::pretrained<aha::decoder<>> model(const fs::path& folder) {
        return {aha::test::small_model(), aha::load_tokenizer_json(folder / "tokenizer.json"),
                aha::load_chat_template(folder), folder};
    }

private:
    aha::test::made_folder folder_;
};

TEST_F(pretrained_folder, the_template_that_was_learned_with_is_the_one_that_is_saved) {
    write(source() / "additional_chat_templates" / "tools.jinja", "T");
    auto trained = model(source());
    aha::save_pretrained(trained, saved());
    EXPECT_EQ(text_of(saved() / "tokenizer_config.json"), text_of(source() / "tokenizer_config.json")) << "as it came";
    EXPECT_EQ(text_of(saved() / "additional_chat_templates" / "tools.jinja"), "T");

    trained.chat = aha::chat_template{"new", aha::template_variables(trained)};
    aha::save_pretrained(trained, saved());
    const auto again = aha::load_decoder<>(saved());
    EXPECT_EQ(again.chat->source(), "new");
    EXPECT_EQ(again.chat->defaults().at("bos_token"), "<s>");
    EXPECT_FALSE(json::parse(text_of(saved() / "tokenizer_config.json")).contains("chat_template"));
    EXPECT_EQ(aha::load_chat_template(saved(), "tools")->source(), "T");

    // A list of named templates keeps the others.
    write(source() / "tokenizer_config.json",
          json{{"chat_template", {{{"name", "default"}, {"template", "old"}}, {{"name", "rag"}, {"template", "R"}}}}}
              .dump());
    auto listed = model(source());
    listed.chat = aha::chat_template{"newer"};
    aha::save_pretrained(listed, saved());
    EXPECT_EQ(aha::load_chat_template(saved())->source(), "newer");
    EXPECT_EQ(aha::load_chat_template(saved(), "rag")->source(), "R");
}

TEST_F(pretrained_folder, a_decoder_with_a_users_attention_comes_with_its_tokenizer) {
    aha::decoder<aha::cpu<float>, aha::test::sinking_attention> own{aha::test::small_config()};
    aha::initialize(own, 7);
    const aha::pretrained trained{std::move(own), aha::load_tokenizer_json(source() / "tokenizer.json"),
                                  aha::load_chat_template(source()), source()};
    aha::save_pretrained(trained, saved());
    const auto again = aha::load_decoder<aha::cpu<float>, aha::test::sinking_attention>(saved());
    const std::string sink = "model.layers.0.self_attn.sink";
    EXPECT_TRUE(again.model.weights()[sink].equal(trained.model.weights()[sink]));
    EXPECT_EQ(again.model.weights()[sink].detach().sum().item<float>(), 4) << "ones, as initialize fills vectors";
    EXPECT_EQ(again.tokenizer.vocabulary_size(), trained.tokenizer.vocabulary_size());
    EXPECT_EQ(again.chat->source(), "old");
    EXPECT_THAT(again.notes, testing::IsEmpty());
}

TEST_F(pretrained_folder, generation_stops_where_training_stopped) {
    const auto trained = model(source());
    EXPECT_THAT(trained.tokenizer.end_ids(), testing::ElementsAre(4, 7));
    aha::save_pretrained(trained, saved());
    const json generation = json::parse(text_of(saved() / "generation_config.json"));
    EXPECT_EQ(generation["eos_token_id"], (json{4, 7}));
    EXPECT_EQ(generation["temperature"], 0.6);
    EXPECT_THAT(aha::load_decoder<>(saved()).tokenizer.end_ids(), testing::ElementsAre(4, 7));
    // What ends a pair is the tokenizer's own end token, not the first of the others.
    EXPECT_EQ(aha::completion_example(trained, "a", "b").ids, (std::vector<aha::token_id>{5, 0, 1, 7}));
}

TEST_F(pretrained_folder, the_special_tokens_of_special_tokens_map_reach_templates_and_end_ids) {
    write(source() / "tokenizer_config.json", json{{"chat_template", "{{ bos_token }}"}}.dump());
    write(source() / "special_tokens_map.json",
          json{{"bos_token", {{"content", "<s>"}}}, {"eos_token", "<|end|>"}}.dump());
    const auto loaded = model(source());
    EXPECT_EQ(loaded.chat->render({{"user", "a"}}), "<s>");
    EXPECT_THAT(loaded.tokenizer.end_ids(), testing::ElementsAre(4, 7));
}

TEST_F(pretrained_folder, a_text_begins_with_the_tokenizer_s_first_token_unless_a_template_wrote_it) {
    const auto loaded = model(source());
    aha::prompt p;
    p.text = "a b";
    EXPECT_EQ(aha::tokens_of(loaded, p), (std::vector<aha::token_id>{5, 0, 1}));
    p.text = "<s> a b";
    EXPECT_EQ(aha::tokens_of(loaded, p), (std::vector<aha::token_id>{5, 0, 1})) << "spelled out";
    p.text = "<|turn|> a";
    EXPECT_EQ(aha::tokens_of(loaded, p), (std::vector<aha::token_id>{5, 6, 0}));
    p.templated = true;
    EXPECT_EQ(aha::tokens_of(loaded, p), (std::vector<aha::token_id>{6, 0})) << "as the template has it";
}

TEST_F(pretrained_folder, a_tokenizer_with_more_tokens_than_the_embedding_has_rows_is_refused) {
    json wide = words();
    wide["added_tokens"].push_back({{"id", 40}, {"content", "<|far|>"}, {"special", true}});
    aha::save_pretrained(model(source()), saved());
    write(saved() / "tokenizer.json", wide.dump());
    EXPECT_THAT(complaint([&] { (void)aha::load_decoder<>(saved()); }),
                testing::AllOf(HasSubstr(saved().string()), HasSubstr("41 tokens"), HasSubstr("31 rows")));
}

TEST_F(pretrained_folder, a_stop_string_that_is_a_special_token_stops_and_one_that_holds_one_is_refused) {
    const auto loaded = model(source());
    std::vector<std::int64_t> others;
    for (std::int64_t id = 0; id < 31; ++id)
        if (id != 6) others.push_back(id);
    const aha::autoregressive_sampler sampler{loaded.tokenizer,
                                              {.max_new_tokens = 9, .stop = {"<|turn|>"}, .suppress = others}};
    aha::prompt p;
    p.ids = {0, 1};
    const auto groups = sampler.sample(loaded.model, std::span{&p, 1}, 1, {});
    EXPECT_THAT(groups[0].completions[0].ids, testing::ElementsAre(6));
    EXPECT_EQ(groups[0].completions[0].finish, aha::finish_reason::stop_string);
    EXPECT_THAT(complaint([&] {
                    (aha::autoregressive_sampler{loaded.tokenizer, {.stop = {"a<|turn|>"}}});
                }),
                testing::AllOf(HasSubstr("\"a<|turn|>\""), HasSubstr("holds a special token")));
}

/// A rank of a run that no launcher started.
struct nth_rank : aha::one_process {
    int number = 0;
    int rank() const { return number; }
};

/// While it lives, a launcher's environment says that this is rank 1 of 2.
struct second_of_two {
    second_of_two() {
        for (const auto& [name, value] :
             {std::pair{"WORLD_SIZE", "2"}, {"RANK", "1"}, {"MASTER_ADDR", "localhost"}, {"MASTER_PORT", "2000"}})
            ::setenv(name, value, 1);
    }
    second_of_two(const second_of_two&) = delete;
    second_of_two& operator=(const second_of_two&) = delete;
    ~second_of_two() {
        for (const char* name : {"WORLD_SIZE", "RANK", "MASTER_ADDR", "MASTER_PORT"}) ::unsetenv(name);
    }
};

TEST_F(pretrained_folder, the_first_rank_of_the_communicator_that_is_given_writes) {
    const auto trained = model(source());
    aha::save_pretrained(trained, saved(), nth_rank{{}, 1});
    EXPECT_FALSE(fs::exists(saved())) << "no launcher, and yet the second rank";
    {
        const second_of_two launched;
        aha::save_pretrained(trained, saved());
        EXPECT_FALSE(fs::exists(saved())) << "the launcher's second rank, where nothing is said";
        aha::save_pretrained(trained, saved(), nth_rank{});
    }
    EXPECT_EQ(aha::load_decoder<>(saved()).model.config().layers, 2) << "whatever a launcher says";
    fs::remove_all(saved());
    aha::save_pretrained(trained, saved());
    EXPECT_TRUE(fs::exists(saved() / "config.json"));
}

}  // namespace
