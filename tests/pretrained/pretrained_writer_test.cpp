#include <aha/pretrained/pretrained_writer.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>
#include <aha/pretrained/weights.hpp>

#include <ATen/ATen.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "files_support.hpp"

namespace {

using namespace files_support;
using nlohmann::json;
using testing::HasSubstr;

aha::pretrained_model model_of(const std::filesystem::path& path) {
    const aha::weight_source source{path};
    aha::pretrained_model model{.config = source.config(), .tensors = {}};
    for (const std::string& name : source.names()) model.tensors.emplace_back(name, source.load(name));
    if (source.gguf()) model.text = aha::read_gguf_text(*source.gguf());
    return model;
}

std::set<std::string> names(const std::filesystem::path& folder) {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) all.insert(entry.path().filename());
    return all;
}

TEST(pretrained_writer, writes_what_it_reads) {
    const made_folder folder;
    for (const char* name : {"llama", "qwen2", "qwen3", "llama.gguf", "qwen2.gguf", "qwen3.gguf"})
        for (const std::uint64_t shard_bytes : {std::uint64_t{5'000'000'000}, std::uint64_t{20000}}) {
            aha::pretrained_model model = model_of(golden(name));
            model.max_shard_bytes = shard_bytes;
            aha::write_pretrained(folder / "model", model);
            const aha::weight_source again{folder / "model"};
            EXPECT_EQ(again.config().eos_ids, model.config.eos_ids) << name;
            EXPECT_EQ(again.config().rope_scaling, model.config.rope_scaling) << name;
            for (const auto& [tensor_name, tensor] : model.tensors) {
                EXPECT_EQ(again.load(tensor_name).scalar_type(), tensor.scalar_type());
                EXPECT_TRUE(again.load(tensor_name).equal(tensor)) << name << " " << tensor_name;
            }
            EXPECT_EQ(json::parse(text_of(folder / "model" / "config.json"))["dtype"],
                      model.text ? "float32" : "float16");
            EXPECT_EQ(std::filesystem::exists(folder / "model" / "model.safetensors"), shard_bytes > 20000);
        }
    EXPECT_EQ(names(folder), std::set<std::string>{"model"});
}

TEST(pretrained_writer, copies_the_tokenizer_and_keeps_generation_settings) {
    const made_folder folder;
    std::filesystem::create_directory(folder / "source");
    write(folder / "source" / "tokenizer.json", "the tokenizer");
    write(folder / "source" / "chat_template.jinja", "the template");
    write(folder / "source" / "unrelated.txt", "x");
    write(folder / "source" / "generation_config.json", R"({"temperature": 0.6, "eos_token_id": 9})");
    aha::pretrained_model model = model_of(golden("qwen2"));
    model.tokenizer_folder = folder / "source";
    aha::write_pretrained(folder / "model", model);
    EXPECT_EQ(names(folder / "model"),
              (std::set<std::string>{"config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
                                     "chat_template.jinja"}));
    EXPECT_EQ(text_of(folder / "model" / "tokenizer.json"), "the tokenizer");
    const json generation = json::parse(text_of(folder / "model" / "generation_config.json"));
    EXPECT_EQ(generation["temperature"], 0.6);
    EXPECT_EQ(generation["eos_token_id"], (json{2, 7}));
}

TEST(pretrained_writer, replaces_models_and_nothing_else) {
    const made_folder folder;
    const auto place = folder / "model";
    aha::pretrained_model model = model_of(golden("qwen3"));
    model.max_shard_bytes = 20000;
    aha::write_pretrained(place, model);
    write(place / "README.md", "read me");
    model.max_shard_bytes = 5'000'000'000;
    aha::write_pretrained(place, model);  // no shard of the old model stays behind
    EXPECT_EQ(names(place),
              (std::set<std::string>{"config.json", "generation_config.json", "model.safetensors", "README.md"}));
    EXPECT_EQ(text_of(place / "README.md"), "read me");

    std::filesystem::create_directory(folder / "documents");
    write(folder / "documents" / "thesis.txt", "x");
    EXPECT_THAT(complaint([&] { aha::write_pretrained(folder / "documents", model); }), HasSubstr("holds no model"));
    EXPECT_EQ(names(folder / "documents"), std::set<std::string>{"thesis.txt"});
    EXPECT_THAT(complaint([&] { aha::write_pretrained(folder / "documents" / "thesis.txt", model); }),
                HasSubstr("file"));
}

TEST(pretrained_writer, an_error_leaves_the_old_folder) {
    const made_folder folder;
    const auto place = folder / "model";
    const aha::pretrained_model good = model_of(golden("qwen3.gguf"));
    aha::write_pretrained(place, good);
    const std::string before = text_of(place / "model.safetensors");
    const auto error = [&](auto change) {
        aha::pretrained_model model = good;
        change(model);
        return complaint([&] { aha::write_pretrained(place, model); });
    };
    using model = aha::pretrained_model;
    EXPECT_THAT(error([](model& m) { m.tensors.pop_back(); }), HasSubstr("is missing"));
    EXPECT_THAT(error([](model& m) { m.tensors.push_back(m.tensors[0]); }), HasSubstr("given twice"));
    EXPECT_THAT(error([](model& m) { m.tensors.emplace_back("more", at::ones({1})); }),
                HasSubstr("no place for tensor \"more\""));
    EXPECT_THAT(error([](model& m) {
                    m.tensors[0].second = at::ones({2, 2});
                }),
                HasSubstr("has the shape [2, 2], not [300, 32]"));
    EXPECT_THAT(error([](model& m) { m.tensors[0].second = at::Tensor{}; }), HasSubstr("undefined"));
    EXPECT_THAT(error([](model& m) { m.config.kv_heads = 3; }), HasSubstr("kv_heads (3)"));
    EXPECT_THAT(error([](model& m) { m.text->model = "llama"; }), HasSubstr("kind llama needs scores"));
    EXPECT_THAT(error([](model& m) { m.text->pre = "none"; }), HasSubstr("pre-tokenizer \"none\" is not supported"));
    EXPECT_THAT(error([](model& m) { m.text->merges.push_back("ab"); }), HasSubstr("merge of less than two parts"));
    EXPECT_THAT(error([](model& m) { m.text->tokens[5] = m.text->tokens[6]; }), HasSubstr("twice"));
    EXPECT_THAT(error([](model& m) { m.text->tokens[5] = "\xff"; }), HasSubstr("not UTF-8"));
    EXPECT_EQ(text_of(place / "model.safetensors"), before);
    EXPECT_EQ(names(folder), std::set<std::string>{"model"});
}

// What the reference library makes of these files is checked by hand; here, that each part is where it belongs.
TEST(tokenizer_from_gguf, describes_byte_level_bpe) {
    const aha::gguf_text text = aha::read_gguf_text(aha::gguf_file{golden("llama.gguf")});
    const json value = aha::tokenizer_json(text);
    EXPECT_EQ(value["model"]["type"], "BPE");
    EXPECT_EQ(value["model"]["vocab"].size(), 300U);
    EXPECT_EQ(value["model"]["vocab"]["abc"], 261);
    EXPECT_EQ(value["model"]["merges"], json::parse(R"([["a","b"],["ab","c"]])"));
    EXPECT_EQ(value["model"]["ignore_merges"], true);
    EXPECT_EQ(value["added_tokens"].size(), 4U);
    EXPECT_EQ(value["added_tokens"][1]["content"], "<s>");
    EXPECT_EQ(value["added_tokens"][1]["special"], true);
    EXPECT_EQ(value["added_tokens"][3]["content"], "<think>");
    EXPECT_EQ(value["added_tokens"][3]["special"], false);
    EXPECT_EQ(value["post_processor"]["single"][0]["SpecialToken"]["id"], "<s>");
    EXPECT_EQ(value["post_processor"]["special_tokens"]["<s>"]["ids"], json::array({1}));
    const json config = aha::tokenizer_config_json(text, 77);
    EXPECT_EQ(config["bos_token"], "<s>");
    EXPECT_EQ(config["eos_token"], "</s>");
    EXPECT_FALSE(config.contains("unk_token"));
    EXPECT_EQ(config["model_max_length"], 77);
    EXPECT_EQ(config["chat_template"], "{{ messages[0]['content'] }}");
    EXPECT_EQ(aha::tokenizer_json(aha::read_gguf_text(
                  aha::gguf_file{golden("qwen3.gguf")}))["pre_tokenizer"]["pretokenizers"][0]["type"],
              "Digits");
}

}  // namespace
