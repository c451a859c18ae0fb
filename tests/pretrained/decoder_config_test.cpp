#include <aha/model/decoder_config.hpp>
#include <aha/pretrained/decoder_config_gguf.hpp>
#include <aha/pretrained/decoder_config_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "files_support.hpp"

namespace {

using namespace files_support;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

json llama() {
    return {{"architectures", {"LlamaForCausalLM"}},
            {"model_type", "llama"},
            {"vocab_size", 300},
            {"hidden_size", 32},
            {"intermediate_size", 48},
            {"num_hidden_layers", 2},
            {"num_attention_heads", 4},
            {"max_position_embeddings", 512}};
}
json qwen2() {
    json value = llama();
    value.update({{"architectures", {"Qwen2ForCausalLM"}}, {"model_type", "qwen2"}, {"num_key_value_heads", 2}});
    return value;
}
json changed(json value, const json& change) {
    value.update(change);
    return value;
}
aha::decoder_config parsed(const json& value) { return aha::decoder_config_from_json(value, "config.json"); }

TEST(decoder_config, reads_what_transformers_5_writes) {
    const aha::decoder_config c = aha::read_decoder_config(golden("llama/config.json"));
    EXPECT_EQ(c.architecture, "llama");
    EXPECT_EQ(c.vocabulary_size, 300);
    EXPECT_EQ(c.hidden_size, 32);
    EXPECT_EQ(c.intermediate_size, 48);
    EXPECT_EQ(c.layers, 2);
    EXPECT_EQ(c.heads, 4);
    EXPECT_EQ(c.kv_heads, 2);
    EXPECT_EQ(c.head_dim, 8);
    EXPECT_EQ(c.context, 16384);
    EXPECT_EQ(c.rms_norm_eps, 1e-5);
    EXPECT_EQ(c.rope_theta, 500000);
    ASSERT_TRUE(c.rope_scaling);
    EXPECT_EQ(*c.rope_scaling, aha::rotary_scaling(aha::llama3_scaling{8, 1, 4, 8192}));
    EXPECT_TRUE(c.tie_embeddings);
    EXPECT_FALSE(c.attention_bias);
    EXPECT_FALSE(c.qk_norm);
    EXPECT_EQ(c.bos_id, 1);
    EXPECT_THAT(c.eos_ids, ElementsAre(2));
    EXPECT_EQ(c.extra["initializer_range"], 0.02);

    const aha::decoder_config q2 = aha::read_decoder_config(golden("qwen2/config.json"));
    EXPECT_TRUE(q2.attention_bias);
    EXPECT_FALSE(q2.tie_embeddings);
    EXPECT_EQ(q2.rope_theta, 1e6);
    const aha::decoder_config q3 = aha::read_decoder_config(golden("qwen3/config.json"));
    EXPECT_TRUE(q3.qk_norm);
    EXPECT_FALSE(q3.attention_bias);
    EXPECT_EQ(q3.head_dim, 16);
}

TEST(decoder_config, reads_the_spelling_of_transformers_4) {
    const aha::decoder_config c = parsed(changed(llama(), {{"rope_theta", 5e5},
                                                           {"rope_scaling",
                                                            {{"type", "llama3"},
                                                             {"factor", 32},
                                                             {"low_freq_factor", 1},
                                                             {"high_freq_factor", 4},
                                                             {"original_max_position_embeddings", 8192}}},
                                                           {"eos_token_id", {2, 5}},
                                                           {"head_dim", nullptr},
                                                           {"pad_token_id", -1}}));
    EXPECT_EQ(c.rope_theta, 5e5);
    EXPECT_EQ(std::get<aha::llama3_scaling>(*c.rope_scaling).factor, 32);
    EXPECT_THAT(c.eos_ids, ElementsAre(2, 5));
    EXPECT_EQ(c.kv_heads, 4);  // as many as heads, when missing
    EXPECT_EQ(c.head_dim, 8);
    EXPECT_EQ(c.pad_id, std::nullopt);
    EXPECT_EQ(parsed(llama()).rope_theta, 10000);
    EXPECT_FALSE(parsed(changed(llama(), {{"rope_scaling", nullptr}})).rope_scaling);
    // A window that is switched off, as in every Qwen2 file.
    EXPECT_NO_THROW(parsed(changed(qwen2(), {{"sliding_window", 4096}, {"use_sliding_window", false}})));
    EXPECT_NO_THROW(
        parsed(changed(qwen2(), {{"sliding_window", 4096}, {"use_sliding_window", true}, {"max_window_layers", 2}})));
    EXPECT_EQ(parsed(changed(llama(), {{"architectures", nullptr}})).architecture, "llama");
}

// Recorded from transformers 5.23.0, `LlamaForCausalLM(LlamaConfig.from_dict(...)).config.rope_parameters`.
TEST(decoder_config, resolves_both_spellings_of_rotary_scaling_as_transformers_does) {
    const json yarn = {{"rope_type", "yarn"}, {"factor", 4.0}};
    const json linear = {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 5.0}};
    const auto scaled = [&](const json& change) { return parsed(changed(llama(), change)); };
    const auto theta = [&](const json& change) { return scaled(change).rope_theta; };
    EXPECT_EQ(theta({{"rope_scaling", yarn}, {"rope_parameters", linear}}), 10000);
    EXPECT_EQ(theta({{"rope_scaling", yarn}, {"rope_parameters", linear}, {"rope_theta", 7.0}}), 7);
    EXPECT_EQ(theta({{"rope_scaling", json::object()}, {"rope_parameters", linear}, {"rope_theta", 7.0}}), 5);
    EXPECT_EQ(theta({{"rope_parameters", {{"rope_type", "default"}}}, {"rope_theta", 7.0}}), 7);
    const auto of = [&](const json& change) { return *scaled(change).rope_scaling; };
    const auto original = [&](const json& change) { return std::get<aha::yarn_scaling>(of(change)).original_context; };
    EXPECT_EQ(original({{"rope_scaling", yarn}}), 512);
    EXPECT_EQ(original({{"rope_scaling", changed(yarn, {{"original_max_position_embeddings", 64}})}}), 64);
    EXPECT_EQ(original({{"rope_scaling", changed(yarn, {{"original_max_position_embeddings", 64}})},
                        {"original_max_position_embeddings", 128}}),
              128);
    EXPECT_EQ(of({{"rope_parameters", {{"rope_type", "linear"}, {"type", "yarn"}, {"factor", 2}}}}),
              aha::rotary_scaling(aha::linear_scaling{2}));
    EXPECT_EQ(of({{"rope_scaling", {{"type", "dynamic"}, {"factor", 3}}}}),
              aha::rotary_scaling(aha::dynamic_scaling{3}));
    EXPECT_EQ(std::get<aha::llama3_scaling>(
                  of({{"rope_scaling",
                       {{"rope_type", "llama3"}, {"factor", 8}, {"low_freq_factor", 1}, {"high_freq_factor", 4}}}}))
                  .original_context,
              512);
    const json full = changed(yarn, {{"factor", nullptr},
                                     {"original_max_position_embeddings", 128},
                                     {"attention_factor", 1.5},
                                     {"beta_fast", 0},
                                     {"beta_slow", 2},
                                     {"mscale", 0.7},
                                     {"mscale_all_dim", 1},
                                     {"truncate", false}});
    EXPECT_EQ(of({{"rope_scaling", full}}), aha::rotary_scaling(aha::yarn_scaling{.factor = 4,
                                                                                  .original_context = 128,
                                                                                  .attention_factor = 1.5,
                                                                                  .beta_fast = 32,
                                                                                  .beta_slow = 2,
                                                                                  .mscale = 0.7,
                                                                                  .mscale_all_dim = 1,
                                                                                  .truncate = false}));
}

TEST(decoder_config, takes_what_transformers_takes) {
    const auto with = [](const json& change) { return parsed(changed(llama(), change)); };
    EXPECT_EQ(with({{"max_position_embeddings", nullptr}}).context, 2048);
    EXPECT_EQ(parsed(changed(qwen2(), {{"max_position_embeddings", nullptr}})).context, 32768);
    EXPECT_EQ(parsed(changed(qwen2(), {{"num_key_value_heads", nullptr}})).kv_heads, 4);
    EXPECT_EQ(with({{"hidden_act", "swish"}}).rms_norm_eps, 1e-6);
    EXPECT_TRUE(with({{"attention_bias", true}}).attention_output_bias);
    EXPECT_TRUE(with({{"mlp_bias", true}}).mlp_bias);
    EXPECT_FALSE(parsed(changed(qwen2(), {{"attention_bias", true}})).attention_output_bias);
    EXPECT_TRUE(parsed(changed(qwen2(), {{"attention_bias", false}})).attention_bias);
    // Windows that cannot matter: of a Llama, wide ones, those of layers that there are not.
    EXPECT_NO_THROW(with({{"sliding_window", 128}}));
    EXPECT_NO_THROW(
        parsed(changed(qwen2(), {{"sliding_window", 512}, {"use_sliding_window", true}, {"max_window_layers", 0}})));
    EXPECT_NO_THROW(parsed(changed(qwen2(), {{"sliding_window", 8}, {"use_sliding_window", true}})));
    EXPECT_NO_THROW(parsed(changed(qwen2(), {{"layer_types", {"full_attention", "full_attention"}},
                                             {"sliding_window", 8},
                                             {"use_sliding_window", true},
                                             {"max_window_layers", 0}})));
}

TEST(decoder_config, notes_what_it_passes_over) {
    const auto read = [](const json& change) {
        return aha::detail::read_decoder(changed(llama(), change), "config.json");
    };
    EXPECT_TRUE(read({{"initializer_range", 0.1}, {"bos_token_id", -1}}).notes.empty());
    const auto ids = read({{"bos_token_id", 151643}, {"eos_token_id", {2, 300}}});
    EXPECT_THAT(ids.notes,
                ElementsAre("config.json: bos_token_id 151643 is not in the vocabulary of 300 and was passed over",
                            "config.json: eos_token_id 300 is not in the vocabulary of 300 and was passed over"));
    EXPECT_EQ(ids.config.bos_id, std::nullopt);
    EXPECT_THAT(ids.config.eos_ids, ElementsAre(2));
    EXPECT_THAT(
        read({{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}, {"attn_factor", 0.8}}}}).notes,
        ElementsAre("config.json: rope_scaling: \"attn_factor\" means nothing for the rope type \"yarn\" and was "
                    "passed over"));
    EXPECT_THAT(read({{"rope_scaling", {{"rope_type", "linear"}, {"factor", 4}}},
                      {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 5e5}}}})
                    .notes,
                ElementsAre(HasSubstr("the rotary base is 10000")));
}

TEST(decoder_config, knows_how_long_texts_may_be) {
    const auto of = [](const json& scaling) { return parsed(changed(llama(), {{"rope_scaling", scaling}})); };
    const auto yarn = of({{"rope_type", "yarn"}, {"factor", 4}});
    EXPECT_EQ(yarn.usable_context(), 2048);
    EXPECT_EQ(yarn.longest_text(), 2048);
    EXPECT_EQ(of({{"rope_type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 64}}).usable_context(),
              512);
    const auto dynamic = of({{"rope_type", "dynamic"}, {"factor", 4}});
    EXPECT_EQ(dynamic.usable_context(), 512);
    EXPECT_EQ(dynamic.longest_text(), 2048);
    EXPECT_EQ(of({{"rope_type", "linear"}, {"factor", 4}}).longest_text(), 512);
}

TEST(decoder_config, comes_back_from_what_it_writes) {
    const std::vector<json> scalings = {
        {{"rope_type", "linear"}, {"factor", 2}},
        {{"rope_type", "dynamic"}, {"factor", 2}},
        {{"rope_type", "yarn"}, {"factor", 2}, {"attention_factor", 1.5}, {"truncate", false}, {"beta_fast", 16}},
        {{"rope_type", "yarn"}, {"factor", 2}, {"mscale", 0.7}, {"mscale_all_dim", 1}},
        {{"rope_type", "longrope"}, {"short_factor", {1, 1, 1, 2}}, {"long_factor", {1, 2, 3, 4}}, {"factor", 4}}};
    for (const json& scaling : scalings) {
        const aha::decoder_config c = parsed(changed(
            llama(), {{"rope_scaling", scaling}, {"rope_theta", 5e5}, {"attention_bias", true}, {"mlp_bias", true}}));
        EXPECT_EQ(parsed(aha::decoder_config_to_json(c)), c) << aha::decoder_config_to_json(c).dump(1);
    }
    for (const char* family : {"llama", "qwen2", "qwen3"}) {
        const aha::decoder_config c = aha::read_decoder_config(golden(std::string{family} + "/config.json"));
        aha::decoder_config again = parsed(aha::decoder_config_to_json(c));
        EXPECT_EQ(again, c) << aha::decoder_config_to_json(c).dump(1);
    }
}

TEST(decoder_config, says_what_is_missing_wrong_or_unsupported) {
    const std::vector<std::pair<json, std::string>> table = {
        {json::array(), "is not an object"},
        {changed(llama(), {{"architectures", {"MistralForCausalLM"}}}), "\"MistralForCausalLM\" is not supported"},
        {changed(llama(), {{"architectures", {3}}}), "list of names"},
        {changed(llama(), {{"architectures", "LlamaForCausalLM"}}), "list of names"},
        {changed(llama(), {{"architectures", nullptr}, {"model_type", "gpt2"}}), "\"gpt2\" is not supported"},
        {changed(llama(), {{"architectures", nullptr}, {"model_type", nullptr}}), "names no architecture"},
        {changed(llama(), {{"model_type", "qwen2"}}), "does not go with"},
        {changed(llama(), {{"vocab_size", nullptr}}), "has no vocab_size"},
        {changed(llama(), {{"vocab_size", 3.5}}), "vocab_size must be a whole number, not 3.5"},
        {changed(llama(), {{"vocab_size", "300"}}), "vocab_size must be a whole number, not \"300\""},
        {changed(llama(), {{"vocab_size", 18446744073709551615ULL}}), "must be a whole number"},
        {changed(llama(), {{"vocab_size", 0}}), "vocabulary_size must lie in"},
        {changed(llama(), {{"hidden_size", -32}}), "hidden_size must lie in"},
        {changed(llama(), {{"hidden_size", 33}}), "33 is not a multiple of 4 heads"},
        {changed(llama(), {{"num_hidden_layers", 1000000}}), "layers must lie in 1 .. 10000, not 1000000"},
        {changed(llama(), {{"num_attention_heads", 0}}), "num_attention_heads must be positive"},
        {changed(llama(), {{"num_key_value_heads", 3}}), "heads (4) must be a multiple of its kv_heads (3)"},
        {changed(llama(), {{"head_dim", 7}}), "head_dim must be even for rotary positions, not 7"},
        {changed(llama(), {{"rms_norm_eps", 0}}), "rms_norm_eps must lie between 0 and 1, not 0"},
        {changed(llama(), {{"rms_norm_eps", "1e-5"}}), "rms_norm_eps must be a number"},
        {changed(llama(), {{"rope_theta", -1}}), "rope_theta must be above 1 and at most 1e30, not -1"},
        {changed(llama(), {{"rope_theta", 1e300}}), "rope_theta must be above 1 and at most 1e30, not 1e+300"},
        {changed(llama(), {{"rope_scaling",
                            {{"rope_type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 1e300}}}}),
         "original context of 1 .. 1000000000"},
        {changed(llama(),
                 {{"rope_scaling",
                   {{"rope_type", "llama3"}, {"factor", 4}, {"low_freq_factor", 1}, {"high_freq_factor", 1e300}}}}),
         "low_freq_factor"},
        {changed(llama(), {{"rope_scaling", {{"rope_type", "mrope"}, {"factor", 4}}}}),
         "the rope type \"mrope\" is not supported"},
        {changed(llama(), {{"rope_scaling", {{"rope_type", "linear"}}}}), "rope_scaling has no factor"},
        {changed(llama(), {{"rope_scaling", {{"rope_type", "dynamic"}, {"factor", 0.5}}}}), "factor must lie in 1"},
        {changed(llama(),
                 {{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 0}}}}),
         "original_max_position_embeddings must be positive"},
        {changed(llama(), {{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}, {"beta_fast", -1}}}}), "beta_fast"},
        {changed(llama(), {{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}, {"attention_factor", -1}}}}),
         "attention factor"},
        {changed(llama(), {{"rope_scaling", {{"rope_type", "longrope"}, {"factor", 4}}}}),
         "short_factor must be a list"},
        {changed(llama(), {{"rope_scaling",
                            {{"rope_type", "longrope"}, {"factor", 4}, {"short_factor", {1}}, {"long_factor", {1}}}}}),
         "needs 4 short and long factors, not 1"},
        {changed(llama(), {{"rope_scaling", {{"rope_type", "llama3"}, {"factor", 4}}}}),
         "rope_scaling has no low_freq_factor"},
        {changed(llama(), {{"rope_parameters", {{"full_attention", {{"rope_type", "default"}}}}}}),
         "\"full_attention\" alone"},
        {changed(llama(), {{"rope_parameters", {{"rope_theta", 1e4}, {"partial_rotary_factor", 0.5}}}}),
         "partial_rotary_factor 0.5"},
        {changed(llama(), {{"rope_parameters", 3}}), "rope_parameters is not an object"},
        {changed(llama(), {{"partial_rotary_factor", 0.5}}), "partial_rotary_factor 0.5 is not supported"},
        {changed(llama(), {{"attention_bias", 1}}), "attention_bias must be true or false"},
        {changed(llama(), {{"hidden_act", "gelu"}}), "hidden_act \"gelu\" is not supported"},
        {changed(llama(), {{"quantization_config", {{"quant_method", "gptq"}}}}), "method \"gptq\" are not supported"},
        {changed(qwen2(), {{"sliding_window", 128}, {"use_sliding_window", true}, {"max_window_layers", 1}}),
         "sliding-window attention through 128 of 512 tokens"},
        {changed(qwen2(), {{"layer_types", {"full_attention", "sliding_attention"}}}), "without a window"},
        {changed(qwen2(), {{"layer_types", {"full_attention"}}}), "names 1 layers, not 2"},
        {changed(qwen2(), {{"layer_types", {"full_attention", "linear_attention"}}}), "\"linear_attention\""},
        {changed(qwen2(), {{"layer_types", {"full_attention", "sliding_attention"}},
                           {"use_sliding_window", true},
                           {"sliding_window", 511}}),
         "through 511 of 512"},
        {changed(llama(), {{"eos_token_id", {2, "x"}}}), "eos_token_id must be a whole number"},
        {changed(llama(), {{"tie_word_embeddings", 1}}), "must be true or false, not 1"},
    };
    for (const auto& [value, sentence] : table)
        EXPECT_THAT(complaint([&given = value] { parsed(given); }),
                    AllOf(HasSubstr("config.json"), HasSubstr(sentence)))
            << value;
}

TEST(decoder_config, is_the_same_from_gguf) {
    for (const char* family : {"llama", "qwen2", "qwen3"}) {
        aha::decoder_config from_gguf =
            aha::decoder_config_from_gguf(aha::gguf_file{golden(std::string{family} + ".gguf")});
        aha::decoder_config from_json = aha::read_decoder_config(golden(std::string{family} + "/config.json"));
        if (from_json.architecture == "qwen2") from_json.eos_ids = {2, 7};
        from_json.extra = from_gguf.extra;
        EXPECT_EQ(from_gguf, from_json) << aha::decoder_config_to_json(from_gguf).dump(1);
    }
}

TEST(decoder_config, says_what_is_wrong_with_gguf_metadata) {
    const made_folder folder;
    const std::string whole = text_of(golden("llama.gguf"));
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = whole;
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return complaint([&] {
            aha::decoder_config_from_gguf(aha::gguf_file{write(folder / "a.gguf", text.replace(at, to.size(), to))});
        });
    };
    EXPECT_THAT(with(raw(5ULL) + "llama", raw(5ULL) + "mamba"), HasSubstr("\"mamba\" is not supported"));
    EXPECT_THAT(with("llama.block_count", "llama.black_count"), HasSubstr("has no llama.block_count"));
    EXPECT_THAT(with("llama.vocab_size", "llama.expert_count"), HasSubstr("unknown type number"));  // lengths differ
    EXPECT_THAT(
        with("llama.rope.dimension_count" + raw(4U) + raw(8U), "llama.rope.dimension_count" + raw(4U) + raw(6U)),
        HasSubstr("not half of head_dim 6"));
    EXPECT_THAT(with("token_embd.weight", "token_embd.wait.."), HasSubstr("no tensor \"token_embd.weight\""));
    const float stored = 500000;
    // The divisors are what counts, whatever parameters they came from.
    EXPECT_EQ(with("rope.freq_base" + raw(6U) + raw(stored), "rope.freq_base" + raw(6U) + raw(400000.0F)),
              "no complaint");
}

}  // namespace
