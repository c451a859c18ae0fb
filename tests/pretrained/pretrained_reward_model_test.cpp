#include <aha/pretrained/pretrained_reward_model.hpp>

#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <aha/dist/one_process.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::complaint;
using nlohmann::json;
using testing::HasSubstr;
using scoring = aha::reward_model<aha::decoder<aha::cpu<float>>>;

const std::filesystem::path models = std::filesystem::path{AHA_TEST_DATA} / "model" / "data";
const std::filesystem::path golden_file = std::filesystem::path{AHA_TEST_DATA} / "train" / "data" / "reward_model.json";

class pretrained_reward_model : public testing::Test {
protected:
    aha::test::made_folder folder;
};

json golden() { return json::parse(std::ifstream{golden_file}); }

/// The scores of the golden file's texts, in one packed row.
std::vector<double> scores_of(const scoring& model, const json& given) {
    const auto texts = given.at("texts").get<std::vector<std::vector<aha::token_id>>>();
    std::vector<aha::text_group> groups;
    for (const auto& one : texts) groups.push_back({one});
    const at::Tensor scores = model.scores(aha::pack_texts(groups)).detach().to(at::kDouble);
    return {scores.const_data_ptr<double>(), scores.const_data_ptr<double>() + scores.numel()};
}

void expect_near(const std::vector<double>& ours, const json& theirs, double tolerance) {
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs.at(i).get<double>(), tolerance) << i;
}

TEST_F(pretrained_reward_model, gives_the_scores_of_transformers) {
    const json given = golden();
    expect_near(scores_of(aha::load_bare_reward_model(models / "reward_llama"), given), given.at("scores"), 2e-6);
}

TEST_F(pretrained_reward_model, saves_what_it_loads) {
    aha::pretrained source{aha::load_bare_reward_model(models / "reward_llama"), aha::testing::symbol_tokenizer{{"t0"}},
                           std::nullopt};
    aha::save_pretrained(source, folder / "saved");
    const scoring again = aha::load_bare_reward_model(folder / "saved");
    EXPECT_TRUE(again.body().weights().values().equal(source.model.body().weights().values()));
    EXPECT_TRUE(again.head().weights().values().equal(source.model.head().weights().values()));
    EXPECT_GT(again.head().weights().values().norm().item<double>(), 0.1);
    const json config = json::parse(std::ifstream{folder / "saved" / "config.json"});
    EXPECT_EQ(config.at("architectures"), json::array({"LlamaForSequenceClassification"}));
    EXPECT_EQ(config.at("id2label").size(), 1u);  // transformers takes the number of labels from it
    EXPECT_EQ(config.at("pad_token_id"), 60);
    EXPECT_FALSE(std::filesystem::exists(folder / "saved" / "generation_config.json"));
    const aha::weight_source files{folder / "saved"};
    EXPECT_THAT(files.names(), testing::Contains("score.weight"));
    EXPECT_THAT(files.names(), testing::Not(testing::Contains("lm_head.weight")));
}

TEST_F(pretrained_reward_model, a_language_model_becomes_one_with_a_fresh_head_alone) {
    const std::filesystem::path plain = models / "decoder_llama";
    EXPECT_THAT(complaint([&] { aha::load_bare_reward_model(plain); }),
                testing::AllOf(HasSubstr("decoder_llama"), HasSubstr("is a language model, not a reward model"),
                               HasSubstr("fresh_head")));
    const json given = golden();
    scoring fresh = aha::load_bare_reward_model(plain, {.fresh_head = true});
    expect_near(scores_of(fresh, given), std::vector<double>(6, 0.), 0);
    const scoring scored = aha::load_bare_reward_model(models / "reward_llama");
    fresh.head().weights().values().copy_(scored.head().weights().values());
    expect_near(scores_of(fresh, given), given.at("scores"), 2e-6);
}

TEST_F(pretrained_reward_model, its_folder_is_no_language_model_and_has_one_label) {
    EXPECT_THAT(complaint([] { aha::load_bare_decoder(models / "reward_llama"); }),
                testing::AllOf(HasSubstr("reward_llama"), HasSubstr("is a reward model")));
    json config = json::parse(std::ifstream{models / "reward_llama" / "config.json"});
    config["id2label"] = {{"0", "bad"}, {"1", "good"}};
    EXPECT_THAT(complaint([&] { aha::decoder_config_from_json(config, "c.json"); }),
                HasSubstr("c.json describes a classifier with 2 labels; a reward model has one"));
    config.erase("id2label");
    EXPECT_THAT(complaint([&] { aha::decoder_config_from_json(config, "c.json"); }), HasSubstr("2 labels"));
    config["num_labels"] = 1;
    EXPECT_TRUE(aha::decoder_config_from_json(config, "c.json").has_score_head);
}

TEST_F(pretrained_reward_model, an_lm_head_of_its_body_is_not_written) {
    aha::decoder_config config = aha::load_bare_decoder(models / "decoder_llama").config();
    ASSERT_FALSE(config.tie_embeddings);
    aha::pretrained source{aha::reward_model{aha::load_bare_decoder(models / "decoder_llama")},
                           aha::testing::symbol_tokenizer{{"t0"}}, std::nullopt};
    source.model.head().weights().values().fill_(0.5);
    aha::save_pretrained(source, folder / "saved");
    const json given = golden();
    expect_near(scores_of(aha::load_bare_reward_model(folder / "saved"), given), scores_of(source.model, given), 0);
}

TEST_F(pretrained_reward_model, a_padding_token_that_ends_texts_is_left_out) {
    aha::pretrained source{aha::reward_model{aha::test::small_model()}, aha::testing::symbol_tokenizer{{"a", "b"}},
                           std::nullopt};
    const auto written = [&](std::optional<aha::token_id> pad) {
        aha::save_pretrained(source, folder / "saved", pad);
        return json::parse(std::ifstream{folder / "saved" / "config.json"}).value("pad_token_id", json{});
    };
    EXPECT_EQ(written(std::nullopt), json{});
    EXPECT_EQ(written(7), 7);
    EXPECT_THAT(complaint([&] { written(2); }), HasSubstr("the padding token 2 of a reward model must not end texts"));
    EXPECT_THAT(complaint([&] { written(31); }), HasSubstr("padding token 31 is not in its vocabulary of 31"));
    aha::decoder_config config = source.model.body().config();
    config.pad_id = 2;  // the end token of the tokenizer
    source.model = aha::reward_model{aha::decoder<aha::cpu<float>>{config}};
    EXPECT_EQ(written(std::nullopt), json{});
}

/// A rank of a run that no launcher started.
struct second_rank : aha::one_process {
    int rank() const { return 1; }
};

TEST_F(pretrained_reward_model, the_first_rank_of_the_communicator_that_is_given_writes) {
    const aha::pretrained source{aha::reward_model{aha::test::small_model()},
                                 aha::testing::symbol_tokenizer{{"a", "b"}}, std::nullopt};
    aha::save_pretrained(source, folder / "saved", second_rank{}, 7);
    EXPECT_FALSE(std::filesystem::exists(folder / "saved"));
    aha::save_pretrained(source, folder / "saved", aha::one_process{}, 7);
    EXPECT_EQ(json::parse(std::ifstream{folder / "saved" / "config.json"})["pad_token_id"], 7);
    EXPECT_TRUE(aha::load_bare_reward_model(folder / "saved").head().weights().values().defined());
}

}  // namespace
