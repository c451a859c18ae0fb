#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/pretrained/gguf.hpp>
#include <aha/pretrained/gguf_text.hpp>
#include <aha/pretrained/rotary_gguf.hpp>

namespace aha {

namespace detail {

/// A whole number, which a file may give once for each layer if they are all the same.
inline std::optional<std::int64_t> same_in_layers(const gguf_file& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end() || !std::holds_alternative<std::vector<std::int64_t>>(found->second))
        return file.integer(key);
    const auto& all = std::get<std::vector<std::int64_t>>(found->second);
    require(!all.empty() && std::ranges::all_of(all, [&](std::int64_t n) { return n == all.front(); }),
            file.path().string(), ": layers with ", shown_name(key), " of their own are not supported");
    return all.front();
}

/// Which parts have biases: as the tensors of the first layer say, since no key does.
inline void read_biases(const gguf_file& file, decoder_config& c) {
    const auto has = [&](const char* part) { return file.tensors().contains(std::string{"blk.0."} + part + ".bias"); };
    const bool query = has("attn_q"), output = has("attn_output");
    if (c.architecture == "qwen2") {
        c.attention_bias = true;
        require(!output, file.path().string(), ": a bias of attention's output is not supported for qwen2");
    } else {
        // transformers has one key for all four.
        require(query == output, file.path().string(), ": biases of ", query ? "queries" : "attention's output",
                " alone are not supported for ", c.architecture);
        c.attention_bias = c.attention_output_bias = query;
    }
    c.mlp_bias = c.architecture == "llama" && (has("ffn_gate") || has("ffn_up") || has("ffn_down"));
}

}  // namespace detail

/// Reads a decoder's shape from a GGUF file's metadata and the names of its tensors (the head is tied if it is not
/// stored). Throws `aha::error` for a missing or ill-typed key, an architecture or an option that the decoder lacks.
inline decoder_config decoder_config_from_gguf(const gguf_file& file) {
    const std::string where = file.path().string();
    decoder_config c;
    const auto architecture = file.text("general.architecture");
    require(architecture.has_value(), where, " has no general.architecture");
    require(*architecture == "llama" || *architecture == "qwen2" || *architecture == "qwen3", where,
            ": the architecture ", detail::shown_name(*architecture), " is not supported (only llama, qwen2, qwen3)");
    c.architecture = *architecture;
    const std::string prefix = c.architecture + ".";
    const auto needed = [&](const char* key) {
        const auto value = detail::same_in_layers(file, prefix + key);
        require(value.has_value(), where, " has no ", prefix, key);
        return *value;
    };
    c.hidden_size = needed("embedding_length");
    c.intermediate_size = needed("feed_forward_length");
    c.layers = needed("block_count");
    c.heads = needed("attention.head_count");
    c.kv_heads = detail::same_in_layers(file, prefix + "attention.head_count_kv").value_or(c.heads);
    c.context = needed("context_length");
    require(c.heads > 0, where, ": ", prefix, "attention.head_count must be positive, not ", c.heads);
    const auto rotated = file.integer(prefix + "rope.dimension_count");
    const auto key_length = file.integer(prefix + "attention.key_length");
    c.head_dim = key_length.value_or(rotated.value_or(c.hidden_size / c.heads));
    require(rotated.value_or(c.head_dim) == c.head_dim, where, ": rotary positions on ", rotated.value_or(0), " of ",
            c.head_dim, " dimensions of a head are not supported");
    require(file.integer(prefix + "attention.value_length").value_or(c.head_dim) == c.head_dim, where,
            ": heads whose keys and values differ in length are not supported");
    require(file.integer(prefix + "expert_count").value_or(0) == 0, where, ": ", prefix,
            "expert_count is not supported");
    const std::int64_t window = file.integer(prefix + "attention.sliding_window").value_or(0);
    require(window == 0 || window >= c.context, where, ": ", prefix, "attention.sliding_window ", window, " of ",
            c.context, " tokens is not supported");
    require(file.flag(prefix + "attention.causal").value_or(true), where,
            ": attention to later tokens is not supported");
    const auto eps = file.number(prefix + "attention.layer_norm_rms_epsilon");
    require(eps.has_value(), where, " has no ", prefix, "attention.layer_norm_rms_epsilon");
    c.rms_norm_eps = detail::shortest_decimal(*eps);
    c.rope_theta = detail::shortest_decimal(file.number(prefix + "rope.freq_base").value_or(10000));

    const gguf_tensor& embedding = file.tensor("token_embd.weight");
    require(embedding.shape.size() == 2, where, ": token_embd.weight is not a matrix");
    c.vocabulary_size = embedding.shape[0];
    c.tie_embeddings = !file.tensors().contains("output.weight");
    detail::read_biases(file, c);
    c.qk_norm = c.architecture == "qwen3";
    const auto kind = file.text("tokenizer.ggml.model");
    if (kind && *kind != "none" && *kind != "no_vocab") {
        const gguf_text text = read_gguf_text(file);
        require(text.tokens.size() <= static_cast<std::size_t>(c.vocabulary_size), where, ": ", text.tokens.size(),
                " tokens are more than the ", c.vocabulary_size, " rows of the embedding");
        c.bos_id = text.bos;
        c.eos_ids = text.end_ids;
        c.pad_id = text.pad;
    }
    const auto check = [&] {
        try {
            c.validate();
        } catch (const error& wrong) {
            fail(where, ": ", wrong.what());
        }
    };
    check();  // the scaling is read by these numbers
    c.rope_scaling = detail::rotary_scaling_from_gguf(file, c);
    check();
    return c;
}

}  // namespace aha
