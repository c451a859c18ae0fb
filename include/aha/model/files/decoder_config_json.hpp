#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/model/files/decoder_config.hpp>
#include <aha/core/shown_name.hpp>
#include <aha/core/strict_json.hpp>

namespace aha {

namespace detail {

struct architecture_names {
    std::string_view ours, transformers, scoring;
};
inline constexpr std::array<architecture_names, 3> known_architectures{
    {{"llama", "LlamaForCausalLM", "LlamaForSequenceClassification"},
     {"qwen2", "Qwen2ForCausalLM", "Qwen2ForSequenceClassification"},
     {"qwen3", "Qwen3ForCausalLM", "Qwen3ForSequenceClassification"}}};

/// Reads keys of a JSON object once each, with sentences that name the file and the key. A null counts as missing.
class config_reader {
public:
    // Round brackets: in braces the value would become a list of one.
    config_reader(nlohmann::json object, std::string where) : object_(std::move(object)), where_{std::move(where)} {
        require(object_.is_object(), where_, " is not an object");
    }

    const std::string& where() const { return where_; }
    const nlohmann::json& rest() const { return object_; }  ///< the keys not taken yet

    /// The value of `key`, taken out; null if there is none.
    nlohmann::json take(const char* key) {
        const auto found = object_.find(key);
        if (found == object_.end()) return nullptr;
        nlohmann::json value = std::move(*found);
        object_.erase(found);
        return value;
    }
    std::optional<std::int64_t> integer(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        return whole(value, key);
    }
    std::int64_t needed_integer(const char* key) {
        const std::optional<std::int64_t> value = integer(key);
        require(value.has_value(), where_, " has no ", key);
        return *value;
    }
    std::optional<double> number(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        require(value.is_number(), where_, ": ", key, " must be a number, not ", shown(value));
        return value.get<double>();
    }
    std::optional<bool> flag(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        require(value.is_boolean(), where_, ": ", key, " must be true or false, not ", shown(value));
        return value.get<bool>();
    }
    std::optional<std::string> text(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        require(value.is_string(), where_, ": ", key, " must be a string, not ", shown(value));
        return value.get<std::string>();
    }
    /// A number or a list of numbers.
    std::vector<std::int64_t> integers(const char* key) {
        const nlohmann::json value = take(key);
        std::vector<std::int64_t> all;
        if (value.is_array())
            for (const nlohmann::json& one : value) all.push_back(whole(one, key));
        else if (!value.is_null()) all.push_back(whole(value, key));
        return all;
    }
    /// Throws unless `key` is missing or equals one of `harmless`: a feature of the model that we do not have.
    void refuse(const char* key, std::initializer_list<nlohmann::json> harmless) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return;
        for (const nlohmann::json& one : harmless)
            if (value == one) return;
        fail(where_, ": ", key, " ", shown(value), " is not supported");
    }

private:
    std::int64_t whole(const nlohmann::json& value, const char* key) const {
        const bool fits = value.is_number_integer() &&
                          (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
        require(fits, where_, ": ", key, " must be a whole number, not ", shown(value));
        return value.get<std::int64_t>();
    }
    static std::string shown(const nlohmann::json& value) {
        return value.is_string() ? shown_name(value.get_ref<const std::string&>()) : value.dump().substr(0, 80);
    }

    nlohmann::json object_;
    std::string where_;
};

/// Both spellings: `rope_theta` and `rope_scaling` at the top (transformers 4), or `rope_parameters` (5).
inline void read_rotary(config_reader& in, decoder_config& c) {
    in.refuse("partial_rotary_factor", {1, 1.0});
    if (const auto theta = in.number("rope_theta")) c.rope_theta = *theta;
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        nlohmann::json value = in.take(key);
        if (value.is_null()) continue;
        config_reader rope{std::move(value), in.where() + ": " + key};
        rope.refuse("partial_rotary_factor", {1, 1.0});
        if (const auto theta = rope.number("rope_theta")) c.rope_theta = *theta;
        const auto old_name = rope.text("type");
        const std::string type = rope.text("rope_type").value_or(old_name.value_or("default"));
        for (const auto& [name, part] : rope.rest().items())  // one set of parameters per kind of layer
            require(!part.is_object(), rope.where(), ": parameters for ", shown_name(name), " alone are not supported");
        if (type == "default") continue;
        require(type == "llama3", rope.where(), ": the rope type ", shown_name(type),
                " is not supported (only default and llama3)");
        const auto needed = [&](const char* name) {
            const auto number = rope.number(name);
            require(number.has_value(), rope.where(), " has no ", name);
            return *number;
        };
        llama3_scaling scaling;
        scaling.factor = needed("factor");
        scaling.low_frequency_factor = needed("low_freq_factor");
        scaling.high_frequency_factor = needed("high_freq_factor");
        scaling.original_context = needed("original_max_position_embeddings");
        c.rope_scaling = scaling;
    }
}

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
            c.gives_score = name == known.scoring;
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

}  // namespace detail

/// Reads a Hugging Face config.json, given as a value; `where` begins every sentence. Throws `aha::error` for a missing
/// or ill-typed key, an architecture or an option that the decoder lacks.
inline decoder_config decoder_config_from_json(const nlohmann::json& value, const std::string& where) {
    detail::config_reader in{value, where};
    decoder_config c;
    detail::read_architecture(in, c);
    const bool llama = c.architecture == "llama", qwen3 = c.architecture == "qwen3";
    c.vocabulary_size = in.needed_integer("vocab_size");
    c.hidden_size = in.needed_integer("hidden_size");
    c.intermediate_size = in.needed_integer("intermediate_size");
    c.layers = in.needed_integer("num_hidden_layers");
    c.heads = in.needed_integer("num_attention_heads");
    c.context = in.needed_integer("max_position_embeddings");
    // Missing keys take the defaults of transformers' configuration of that family.
    const auto kv_heads = in.integer("num_key_value_heads");
    c.kv_heads = kv_heads.value_or(llama ? c.heads : 32);
    require(c.heads > 0, where, ": num_attention_heads must be positive, not ", c.heads);
    const auto head_dim = in.integer("head_dim");
    if (!head_dim && !qwen3)
        require(c.hidden_size % c.heads == 0, where, ": hidden_size ", c.hidden_size, " is not a multiple of ", c.heads,
                " heads, and head_dim is missing");
    c.head_dim = head_dim.value_or(qwen3 ? 128 : c.hidden_size / c.heads);
    c.rms_norm_eps = in.number("rms_norm_eps").value_or(1e-6);
    c.tie_embeddings = in.flag("tie_word_embeddings").value_or(false);
    detail::read_rotary(in, c);
    c.attention_bias = c.architecture == "qwen2";
    c.qk_norm = qwen3;
    if (c.architecture != "qwen2") in.refuse("attention_bias", {false});  // true would put a bias on o_proj, too
    in.refuse("mlp_bias", {false});
    in.refuse("hidden_act", {"silu"});
    in.refuse("quantization_config", {});
    const std::int64_t window_from = in.integer("max_window_layers").value_or(0);
    if (in.flag("use_sliding_window").value_or(llama ? in.rest().contains("sliding_window") : false) &&
        !in.take("sliding_window").is_null())
        require(window_from >= c.layers, where, ": sliding-window attention is not supported");
    in.take("sliding_window");
    for (const nlohmann::json& kind : in.take("layer_types"))
        require(kind == "full_attention", where, ": layers of the type ", kind.dump().substr(0, 80),
                " are not supported");
    c.bos_id = in.integer("bos_token_id");
    c.pad_id = in.integer("pad_token_id");
    if (c.pad_id && (*c.pad_id < 0 || *c.pad_id >= c.vocabulary_size)) c.pad_id.reset();  // -1 is an old habit
    c.eos_ids = in.integers("eos_token_id");
    if (c.gives_score) detail::require_one_label(in);
    c.extra = in.rest();
    try {
        c.validate();
    } catch (const error& wrong) {
        fail(where, ": ", wrong.what());
    }
    return c;
}

/// Reads a config.json file.
inline decoder_config read_decoder_config(const std::filesystem::path& path) {
    return decoder_config_from_json(detail::read_json_object(path), path.string());
}

/// A config.json that transformers 4 and 5 load: positions are described in both of their spellings.
inline nlohmann::json decoder_config_to_json(const decoder_config& c) {
    c.validate();
    nlohmann::json value = c.extra;
    for (const detail::architecture_names& known : detail::known_architectures)
        if (c.architecture == known.ours)
            value["architectures"] = nlohmann::json::array({c.gives_score ? known.scoring : known.transformers});
    if (c.gives_score) {
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
    if (c.architecture != "qwen2") value["attention_bias"] = false;
    if (c.architecture == "llama") value["mlp_bias"] = false;
    else value["use_sliding_window"] = false;
    nlohmann::json rope = {{"rope_type", "default"}};
    if (c.rope_scaling)
        rope = {{"rope_type", "llama3"},
                {"factor", c.rope_scaling->factor},
                {"low_freq_factor", c.rope_scaling->low_frequency_factor},
                {"high_freq_factor", c.rope_scaling->high_frequency_factor},
                {"original_max_position_embeddings", static_cast<std::int64_t>(c.rope_scaling->original_context)}};
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
