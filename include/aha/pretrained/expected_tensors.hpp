#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/model/decoder_config.hpp>

namespace aha {

/// The tensors of a Hugging Face folder of this model, with shapes (rows, columns), in the order of the model.
inline std::vector<std::pair<std::string, std::vector<std::int64_t>>> expected_tensors(const decoder_config& c) {
    std::vector<std::pair<std::string, std::vector<std::int64_t>>> all;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
        all.emplace_back(name, std::move(shape));
    };
    const std::int64_t query = c.heads * c.head_dim, key = c.kv_heads * c.head_dim;
    add("model.embed_tokens.weight", {c.vocabulary_size, c.hidden_size});
    for (std::int64_t n = 0; n < c.layers; ++n) {
        const std::string layer = "model.layers." + std::to_string(n) + ".";
        add(layer + "input_layernorm.weight", {c.hidden_size});
        add(layer + "self_attn.q_proj.weight", {query, c.hidden_size});
        add(layer + "self_attn.k_proj.weight", {key, c.hidden_size});
        add(layer + "self_attn.v_proj.weight", {key, c.hidden_size});
        if (c.attention_bias) {
            add(layer + "self_attn.q_proj.bias", {query});
            add(layer + "self_attn.k_proj.bias", {key});
            add(layer + "self_attn.v_proj.bias", {key});
        }
        add(layer + "self_attn.o_proj.weight", {c.hidden_size, query});
        if (c.attention_output_bias) add(layer + "self_attn.o_proj.bias", {c.hidden_size});
        if (c.qk_norm) {
            add(layer + "self_attn.q_norm.weight", {c.head_dim});
            add(layer + "self_attn.k_norm.weight", {c.head_dim});
        }
        add(layer + "post_attention_layernorm.weight", {c.hidden_size});
        add(layer + "mlp.gate_proj.weight", {c.intermediate_size, c.hidden_size});
        add(layer + "mlp.up_proj.weight", {c.intermediate_size, c.hidden_size});
        add(layer + "mlp.down_proj.weight", {c.hidden_size, c.intermediate_size});
        if (c.mlp_bias) {
            add(layer + "mlp.gate_proj.bias", {c.intermediate_size});
            add(layer + "mlp.up_proj.bias", {c.intermediate_size});
            add(layer + "mlp.down_proj.bias", {c.hidden_size});
        }
    }
    add("model.norm.weight", {c.hidden_size});
    if (c.has_score_head) add("score.weight", {1, c.hidden_size});
    else if (!c.tie_embeddings) add("lm_head.weight", {c.vocabulary_size, c.hidden_size});
    return all;
}

}  // namespace aha
