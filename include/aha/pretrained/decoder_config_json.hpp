#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/pretrained/config_reader.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/pretrained/rotary_json.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/files/strict_json.hpp>

namespace aha {

namespace detail {

struct architecture_names {
    std::string_view ours, transformers, scoring;
};
inline constexpr std::array<architecture_names, 3> known_architectures{
    {{"llama", "LlamaForCausalLM", "LlamaForSequenceClassification"},
     {"qwen2", "Qwen2ForCausalLM", "Qwen2ForSequenceClassification"},
     {"qwen3", "Qwen3ForCausalLM", "Qwen3ForSequenceClassification"}}};

inline void read_architecture(config_reader& in, decoder_config& c) {
    const nlohmann::json list = in.take("architectures");
    const std::optional<std::string> type = in.text("model_type");
    std::string name = type.value_or("");
    if (list.is_array() && !list.empty()) {
        require(list[0].is_string(), in.where(), ": architectures must be a list of names");
        name = list[0].get<std::string>();
    } else {
        require(list.is_null() || list.is_array(), in.where(), ": architectures must be a list of names");
    }
    for (const architecture_names& known : known_architectures)
        if (name == known.transformers || name == known.scoring || (name == known.ours && name == type)) {
            require(!type || *type == known.ours, in.where(), ": the architecture ", name,
                    " does not go with the model_type ", shown_name(type.value_or("")));
            c.architecture = known.ours;
            c.has_score_head = name == known.scoring;
            return;
        }
    require(!name.empty(), in.where(), " names no architecture");
    fail(in.where(), ": the architecture ", shown_name(name),
         " is not supported (only LlamaForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM)");
}

/// A classifier with one label is a reward model. transformers counts the labels' names, two if there are none.
inline void require_one_label(const config_reader& in) {
    const auto names = in.rest().find("id2label"), number = in.rest().find("num_labels");
    std::size_t count = 2;
    if (names != in.rest().end() && !names->is_null()) count = names->size();
    else if (number != in.rest().end() && *number == 1) count = 1;
    require(count == 1, in.where(), " describes a classifier with ", count, " labels; a reward model has one");
}

/// A decoder's configuration as it was read.
struct described_decoder {
    decoder_config config;           ///< what the file says
    std::vector<std::string> notes;  ///< what was passed over, a sentence each
};

/// Whether attention through a window of `sliding_window` tokens could differ from attention to all; such layers are an
/// error. `use_sliding_window` without the list of layers means those from `max_window_layers` on.
inline void refuse_windows(config_reader& in, const decoder_config& c) {
    const bool used = in.flag("use_sliding_window").value_or(false);
    const bool unlimited = !used || in.has_null("sliding_window");
    const std::int64_t window = in.integer("sliding_window").value_or(4096);
    const std::int64_t first = in.integer("max_window_layers").value_or(28);
    const nlohmann::json kinds = in.take("layer_types");
    if (c.architecture == "llama") return;  // transformers' Llama knows no windows, whatever its file says
    require(kinds.is_null() || kinds.is_array(), in.where(), ": layer_types must be a list of names");
    bool windowed = !unlimited && first < c.layers;
    if (kinds.is_array()) {
        require(std::ssize(kinds) == c.layers, in.where(), ": layer_types names ", kinds.size(), " layers, not ",
                c.layers);
        windowed = false;
        for (const nlohmann::json& kind : kinds) {
            require(kind == "full_attention" || kind == "sliding_attention", in.where(), ": layers of the type ",
                    kind.dump().substr(0, 80), " are not supported");
            windowed = windowed || kind == "sliding_attention";
        }
        require(!windowed || !unlimited, in.where(), ": layer_types names sliding_attention without a window");
    }
    require(!windowed || window >= c.usable_context(), in.where(), ": sliding-window attention through ", window,
            " of ", c.usable_context(), " tokens is not supported");
}

/// Of quantized weights we read float8 with scales, which become float32 as they are loaded.
inline void refuse_quantization(config_reader& in) {
    const nlohmann::json value = in.take("quantization_config");
    if (value.is_null()) return;
    config_reader quantization{value, in.where() + ": quantization_config"};
    const std::string method = quantization.text("quant_method").value_or("");
    const bool plain = method == "compressed-tensors" && quantization.text("format").value_or("") == "float-quantized";
    require(method == "fp8" || plain, quantization.where(), ": weights quantized by the method ", shown_name(method),
            " are not supported (only fp8, and compressed-tensors of the format float-quantized)");
}

/// Token ids that are in the vocabulary; a note for each that is not. -1 is an old habit for "none".
inline std::vector<token_id> known_ids(config_reader& in, const char* key, std::int64_t vocabulary) {
    std::vector<token_id> ids;
    for (const token_id id : in.integers(key))
        if (id >= 0 && id < vocabulary) ids.push_back(id);
        else if (id != -1)
            in.note(in.where() + ": " + key + " " + std::to_string(id) + " is not in the vocabulary of " +
                    std::to_string(vocabulary) + " and was passed over");
    return ids;
}

inline described_decoder read_decoder(const nlohmann::json& value, const std::string& where) {
    config_reader in{value, where};
    decoder_config c;
    read_architecture(in, c);
    const bool llama = c.architecture == "llama", qwen2 = c.architecture == "qwen2", qwen3 = c.architecture == "qwen3";
    c.vocabulary_size = in.needed_integer("vocab_size");
    c.hidden_size = in.needed_integer("hidden_size");
    c.intermediate_size = in.needed_integer("intermediate_size");
    c.layers = in.needed_integer("num_hidden_layers");
    c.heads = in.needed_integer("num_attention_heads");
    // Missing keys take the defaults of transformers' configuration of that family.
    c.context = in.integer("max_position_embeddings").value_or(llama ? 2048 : 32768);
    const bool same_heads = llama || in.has_null("num_key_value_heads");
    c.kv_heads = in.integer("num_key_value_heads").value_or(same_heads ? c.heads : 32);
    require(c.heads > 0, where, ": num_attention_heads must be positive, not ", c.heads);
    const auto head_dim = in.integer("head_dim");
    if (!head_dim && !qwen3)
        require(c.hidden_size % c.heads == 0, where, ": hidden_size ", c.hidden_size, " is not a multiple of ", c.heads,
                " heads, and head_dim is missing");
    c.head_dim = head_dim.value_or(qwen3 ? 128 : c.hidden_size / c.heads);
    c.rms_norm_eps = in.number("rms_norm_eps").value_or(1e-6);
    c.tie_embeddings = in.flag("tie_word_embeddings").value_or(false);
    read_rotary(in, c);
    const bool biases = in.flag("attention_bias").value_or(false);  // transformers' Qwen2 does not look at it
    c.attention_bias = qwen2 || biases;
    c.attention_output_bias = !qwen2 && biases;
    const bool mlp_biases = in.flag("mlp_bias").value_or(false);
    c.mlp_bias = llama && mlp_biases;
    c.qk_norm = qwen3;
    in.refuse("hidden_act", {"silu", "swish"});
    refuse_quantization(in);
    const auto first_of = [](const std::vector<token_id>& ids) {
        return ids.empty() ? std::nullopt : std::optional{ids.front()};
    };
    c.bos_id = first_of(known_ids(in, "bos_token_id", c.vocabulary_size));
    c.pad_id = first_of(known_ids(in, "pad_token_id", c.vocabulary_size));
    c.eos_ids = known_ids(in, "eos_token_id", c.vocabulary_size);
    if (c.has_score_head) require_one_label(in);
    try {
        c.validate();
    } catch (const error& wrong) {
        fail(where, ": ", wrong.what());
    }
    refuse_windows(in, c);
    c.extra = in.rest();
    return {std::move(c), in.notes()};
}

}  // namespace detail

/// Reads a Hugging Face config.json, given as a value; `where` begins every sentence. Throws `aha::error` for a missing
/// or ill-typed key, an architecture or an option that the decoder lacks.
inline decoder_config decoder_config_from_json(const nlohmann::json& value, const std::string& where) {
    return detail::read_decoder(value, where).config;
}

namespace detail {

/// Reads a config.json file, with what was passed over.
inline described_decoder read_described_decoder(const std::filesystem::path& path) {
    return read_decoder(read_json_object(path), path.string());
}

}  // namespace detail

/// Reads a config.json file.
inline decoder_config read_decoder_config(const std::filesystem::path& path) {
    return detail::read_described_decoder(path).config;
}

/// A config.json that transformers 4 and 5 load: positions are described in both of their spellings.
inline nlohmann::json decoder_config_to_json(const decoder_config& c) {
    c.validate();
    nlohmann::json value = c.extra;
    for (const detail::architecture_names& known : detail::known_architectures)
        if (c.architecture == known.ours)
            value["architectures"] = nlohmann::json::array({c.has_score_head ? known.scoring : known.transformers});
    if (c.has_score_head) {
        value["id2label"] = {{"0", "LABEL_0"}};
        value["label2id"] = {{"LABEL_0", 0}};
    }
    value["model_type"] = c.architecture;
    value["vocab_size"] = c.vocabulary_size;
    value["hidden_size"] = c.hidden_size;
    value["intermediate_size"] = c.intermediate_size;
    value["num_hidden_layers"] = c.layers;
    value["num_attention_heads"] = c.heads;
    value["num_key_value_heads"] = c.kv_heads;
    value["head_dim"] = c.head_dim;
    value["max_position_embeddings"] = c.context;
    value["rms_norm_eps"] = c.rms_norm_eps;
    value["hidden_act"] = "silu";
    value["tie_word_embeddings"] = c.tie_embeddings;
    if (c.architecture != "qwen2") value["attention_bias"] = c.attention_bias;
    if (c.architecture == "llama") value["mlp_bias"] = c.mlp_bias;
    else value["use_sliding_window"] = false;
    nlohmann::json rope = detail::rotary_to_json(c.rope_scaling);
    value["rope_theta"] = c.rope_theta;
    value["rope_scaling"] = c.rope_scaling ? rope : nlohmann::json(nullptr);
    rope["rope_theta"] = c.rope_theta;
    value["rope_parameters"] = rope;
    value["bos_token_id"] = c.bos_id ? nlohmann::json(*c.bos_id) : nlohmann::json(nullptr);
    if (c.pad_id) value["pad_token_id"] = *c.pad_id;
    value["eos_token_id"] = c.eos_ids.empty()       ? nlohmann::json(nullptr)
                            : c.eos_ids.size() == 1 ? nlohmann::json(c.eos_ids[0])
                                                    : nlohmann::json(c.eos_ids);
    return value;
}

}  // namespace aha
