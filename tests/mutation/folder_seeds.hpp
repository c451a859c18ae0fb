#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/model/decoder.hpp>
#include <aha/pretrained/decoder_config_json.hpp>
#include <aha/pretrained/expected_tensors.hpp>

#include <tests/mutation/gguf_seeds.hpp>
#include <tests/mutation/run.hpp>
#include <tests/mutation/tokenizer_seeds.hpp>

/// Small Hugging Face folders of the kinds that models come in.
namespace mutation {

/// A safetensors file in its two parts.
struct safetensors_image {
    json head = json::object();
    std::string data;

    void add(const std::string& name, const char* type, std::size_t bytes_each, const std::vector<std::int64_t>& shape,
             chances& chance) {
        std::size_t size = bytes_each;
        for (const std::int64_t extent : shape) size *= static_cast<std::size_t>(extent);
        head[name] = {{"dtype", type}, {"shape", shape}, {"data_offsets", {data.size(), data.size() + size}}};
        data += detail::tame_bytes(size, chance);
    }
    /// @param lie what the length of the head is wrong by
    std::string bytes(std::uint64_t lie = 0) const {
        const std::string text = dumped(head);
        return raw<std::uint64_t>(text.size() + lie) + text + data;
    }
};

inline std::string damaged_safetensors(const safetensors_image& whole, chances& chance) {
    safetensors_image image = whole;
    switch (chance.below(5)) {
        case 0: return damaged_bytes(whole.bytes(), chance, {}, chance.one_in(2) ? 1200 : std::string::npos);
        case 1: return whole.bytes(chance.pick(extreme_numbers));
        case 2: image.data = damaged_bytes(image.data, chance); break;
        default:
            image.head = damaged_json(image.head, chance,
                                      {{"a", {{"dtype", "F16"}, {"shape", {0}}, {"data_offsets", {0, 0}}}},
                                       {"__metadata__", {{"format", "pt"}}}});
    }
    return image.bytes();
}

/// A config.json of a model of one layer with 320 tokens.
inline json a_config(chances& chance) {
    const char* const families[] = {"llama", "qwen2", "qwen3"};
    const std::string family = chance.pick(families);
    json config = {{"architectures",
                    {family == "llama"   ? "LlamaForCausalLM"
                     : family == "qwen2" ? "Qwen2ForCausalLM"
                                         : "Qwen3ForCausalLM"}},
                   {"model_type", family},
                   {"vocab_size", 320},
                   {"hidden_size", 16},
                   {"intermediate_size", 24},
                   {"num_hidden_layers", 1},
                   {"num_attention_heads", 2},
                   {"num_key_value_heads", 1},
                   {"head_dim", 8},
                   {"max_position_embeddings", 64},
                   {"rms_norm_eps", 1e-5},
                   {"hidden_act", "silu"},
                   {"tie_word_embeddings", chance.one_in(2)},
                   {"bos_token_id", 300},
                   {"eos_token_id", 301},
                   {"dtype", "float32"}};
    if (family == "llama") config["attention_bias"] = config["mlp_bias"] = false;
    if (family == "qwen3") config["attention_bias"] = false;
    if (family != "llama") config["use_sliding_window"] = false, config["sliding_window"] = nullptr;
    const std::vector<json> scalings{nullptr,
                                     {{"rope_type", "default"}},
                                     {{"rope_type", "linear"}, {"factor", 2.0}},
                                     {{"type", "dynamic"}, {"factor", 4.0}},
                                     {{"rope_type", "llama3"},
                                      {"factor", 8.0},
                                      {"low_freq_factor", 1.0},
                                      {"high_freq_factor", 4.0},
                                      {"original_max_position_embeddings", 32}},
                                     {{"rope_type", "yarn"},
                                      {"factor", 4.0},
                                      {"original_max_position_embeddings", 16},
                                      {"beta_fast", 32},
                                      {"beta_slow", 1},
                                      {"mscale", 1.0},
                                      {"mscale_all_dim", 1.0}}};
    if (chance.one_in(2)) {
        config["rope_theta"] = 10000.0;
        if (chance.one_in(3)) config["rope_scaling"] = chance.pick(scalings);
    } else {
        config["rope_parameters"] = {{"rope_theta", 10000.0}, {"rope_type", "default"}};
        if (chance.one_in(3))
            config["rope_parameters"].update(chance.pick(scalings).is_null() ? json::object() : scalings[4]);
    }
    return config;
}

/// The shape that a config.json whose parts are sound describes, for the tensors beside it.
inline aha::decoder_config shape_of_config(const json& config) {
    aha::decoder_config c;
    c.architecture = config["model_type"];
    c.vocabulary_size = config["vocab_size"];
    c.hidden_size = config["hidden_size"];
    c.intermediate_size = config["intermediate_size"];
    c.layers = config["num_hidden_layers"];
    c.heads = config["num_attention_heads"];
    c.kv_heads = config["num_key_value_heads"];
    c.head_dim = config["head_dim"];
    c.context = config["max_position_embeddings"];
    c.tie_embeddings = config["tie_word_embeddings"];
    c.attention_bias = c.architecture == "qwen2";
    c.qk_norm = c.architecture == "qwen3";
    return c;
}

/// A folder with one to three of its files damaged, or mixed with those of another.
inline files damaged_folder(chances& chance) {
    const json config = a_config(chance);
    const char* const types[] = {"F32", "F32", "F16", "BF16", "F64"};
    const std::string type = chance.pick(types);
    const std::size_t width = type == "F32" ? 4 : type == "F64" ? 8 : 2;
    const std::size_t shards = chance.one_in(3) ? 2 : 1;
    std::vector<safetensors_image> images(shards);
    json index = {{"metadata", {{"total_size", 12345}}}, {"weight_map", json::object()}};
    const auto name_of = [&](std::size_t i) {
        return shards == 1 ? std::string{"model.safetensors"}
                           : "model-0000" + std::to_string(i + 1) + "-of-00002.safetensors";
    };
    std::size_t turn = 0;
    for (const auto& [name, shape] : aha::expected_tensors<aha::decoder<>>(shape_of_config(config))) {
        images[turn % shards].add(name, type.c_str(), width, shape, chance);
        index["weight_map"][name] = name_of(turn++ % shards);
    }
    if (chance.one_in(6)) {  // a tensor that no model has, of a type that weights may not be of
        const std::pair<const char*, std::size_t> odd[] = {{"BOOL", 1},    {"I8", 1},  {"U16", 2},
                                                           {"I32", 4},     {"U64", 8}, {"F8_E4M3", 1},
                                                           {"F8_E5M2", 1}, {"C64", 8}, {"F8_E8M0", 1}};
        const auto& [name, bytes] = chance.pick(odd);
        const char* const extras[] = {"v_head.summary.weight", "model.layers.0.mlp.up_proj.weight_scale_inv",
                                      "model.layers.0.self_attn.rotary_emb.inv_freq",
                                      "model.layers.1.mlp.up_proj.weight"};
        images.back().add(chance.pick(extras), name, bytes, {4}, chance);
    }
    const json tokenizer = a_tokenizer(chance), tokenizer_config = a_tokenizer_config(chance);
    const json generation = {{"bos_token_id", 300}, {"eos_token_id", {301, 303}},
                             {"do_sample", true},   {"temperature", 0.6},
                             {"top_k", 20},         {"top_p", 0.95}};
    files input{{"config.json", dumped(config)},
                {"generation_config.json", dumped(generation)},
                {"tokenizer.json", dumped(tokenizer)},
                {"tokenizer_config.json", dumped(tokenizer_config)}};
    for (std::size_t i = 0; i < shards; ++i) input[name_of(i)] = images[i].bytes();
    if (shards > 1) input["model.safetensors.index.json"] = dumped(index);

    for (std::size_t n = 1 + chance.below(3); n > 0; --n) {
        const std::size_t shard = chance.below(shards);
        switch (chance.below(9)) {
            case 0:
            case 1: input["config.json"] = damaged_json_file(config, chance, a_config(chance)); break;
            case 2: input["generation_config.json"] = damaged_json_file(generation, chance, config); break;
            case 3: input["tokenizer_config.json"] = damaged_json_file(tokenizer_config, chance, config); break;
            case 4: input["tokenizer.json"] = damaged_json_file(tokenizer, chance, tokenizer_config); break;
            case 5: input[name_of(shard)] = damaged_safetensors(images[shard], chance); break;
            case 6:
                if (shards > 1) input["model.safetensors.index.json"] = damaged_json_file(index, chance, config);
                else input["model.safetensors"] = damaged_safetensors(images[0], chance);
                break;
            case 7: {  // a file gone, empty, or what another is
                const std::string name =
                    std::next(input.begin(), static_cast<std::ptrdiff_t>(chance.below(input.size())))->first;
                if (chance.one_in(2)) input.erase(name);
                else input[name] = chance.one_in(3) ? "" : chance.pick(input).second;
                break;
            }
            default: {
                const char* const more[] = {"special_tokens_map.json", "added_tokens.json", "adapter_config.json",
                                            "chat_template.jinja", "pytorch_model.bin"};
                input[chance.pick(more)] = damaged_json_file(tokenizer_config, chance);
            }
        }
        if (input.empty()) break;
    }
    return input;
}

}  // namespace mutation
