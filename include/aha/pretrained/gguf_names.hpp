#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace aha {

/// The Hugging Face name of a tensor that llama.cpp calls `name` ("blk.3.attn_q.weight" is
/// "model.layers.3.self_attn.q_proj.weight"); none if it is no tensor of a Llama, Qwen2 or Qwen3 decoder.
inline std::optional<std::string> hugging_face_name(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> outer{
        {{"token_embd.weight", "model.embed_tokens.weight"},
         {"output_norm.weight", "model.norm.weight"},
         {"output.weight", "lm_head.weight"}}};
    for (const auto& [theirs, ours] : outer)
        if (name == theirs) return std::string{ours};

    constexpr std::array<std::pair<std::string_view, std::string_view>, 11> in_layer{
        {{"attn_norm", "input_layernorm"},
         {"attn_q", "self_attn.q_proj"},
         {"attn_k", "self_attn.k_proj"},
         {"attn_v", "self_attn.v_proj"},
         {"attn_output", "self_attn.o_proj"},
         {"attn_q_norm", "self_attn.q_norm"},
         {"attn_k_norm", "self_attn.k_norm"},
         {"ffn_norm", "post_attention_layernorm"},
         {"ffn_gate", "mlp.gate_proj"},
         {"ffn_up", "mlp.up_proj"},
         {"ffn_down", "mlp.down_proj"}}};
    if (!name.starts_with("blk.")) return std::nullopt;
    name.remove_prefix(4);
    const std::size_t digits = name.find_first_not_of("0123456789");
    if (digits == 0 || digits > 6 || digits == std::string_view::npos || name[digits] != '.') return std::nullopt;
    const std::string layer{name.substr(0, digits)};
    name.remove_prefix(digits + 1);
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view kind = name.substr(dot);
    if (kind != ".weight" && kind != ".bias") return std::nullopt;
    for (const auto& [theirs, ours] : in_layer)
        if (name.substr(0, dot) == theirs) return "model.layers." + layer + "." + std::string{ours} + std::string{kind};
    return std::nullopt;
}

/// True if `name` is a tensor of one of the first `layers` layers, of the embedding or of the head, as llama.cpp calls
/// them: one that we do not know there would change what the model computes (a scale, a norm, a bias).
inline bool is_gguf_layer_part(std::string_view name, std::int64_t layers) {
    if (name.starts_with("token_embd") || name.starts_with("output")) return true;
    if (!name.starts_with("blk.")) return false;
    name.remove_prefix(4);
    std::int64_t layer = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), layer);
    return wrong == std::errc{} && end != name.data() + name.size() && *end == '.' && layer < layers;
}

}  // namespace aha
