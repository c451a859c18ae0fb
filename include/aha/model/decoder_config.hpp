#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/model/ops/rotary_scaling.hpp>

namespace aha {

/// The shape of a Llama, Qwen2 or Qwen3 decoder: root-mean-square norms, rotary positions, grouped-query attention, a
/// gated SiLU feed-forward block. What these leave open is here; what they share is not (no sliding window).
struct decoder_config {
    std::string architecture = "llama";          ///< "llama", "qwen2" or "qwen3"
    std::int64_t vocabulary_size = 0;            ///< rows of the embedding
    std::int64_t hidden_size = 0;                ///< width of the residual stream
    std::int64_t intermediate_size = 0;          ///< width inside the feed-forward block
    std::int64_t layers = 0;                     ///< blocks, one above another
    std::int64_t heads = 0;                      ///< query heads
    std::int64_t kv_heads = 0;                   ///< key and value heads; divides `heads`
    std::int64_t head_dim = 0;                   ///< even; heads x head_dim need not be hidden_size
    std::int64_t context = 0;                    ///< tokens of a text, as config.json says; see `usable_context`
    double rms_norm_eps = 1e-6;                  ///< added to the mean square under the root
    double rope_theta = 10000;                   ///< base of the rotary angles
    std::optional<rotary_scaling> rope_scaling;  ///< how angles are stretched for long contexts; none if they are not
    bool tie_embeddings = false;                 ///< the LM head is the embedding
    bool attention_bias = false;                 ///< q, k and v have biases (Qwen2)
    bool attention_output_bias = false;          ///< o has one, too (Llama's and Qwen3's attention_bias)
    bool mlp_bias = false;                       ///< gate, up and down have biases (Llama's mlp_bias)
    bool qk_norm = false;                        ///< q and k are normed per head (Qwen3)
    bool has_score_head = false;                 ///< a reward model's file: a head of one row in place of the LM head
    std::optional<token_id> bos_id, pad_id;      ///< what a text begins with, what fills rows; if there is one
    std::vector<token_id> eos_ids;               ///< any of them ends a completion
    nlohmann::json extra = nlohmann::json::object();  ///< config.json's other keys, kept for writing it back

    bool operator==(const decoder_config&) const = default;

    /// What the angles of its positions depend on.
    rotary_shape rotary() const {
        return {.head_dim = head_dim, .theta = rope_theta, .scaling = rope_scaling, .context = context};
    }

    /// Most tokens of a text that is decoded or learned from: what YaRN stretches to, where that is more than
    /// `context`; where angles would change with the length of the text, that limit.
    std::int64_t usable_context() const {
        std::int64_t tokens = context;
        if (const auto* const yarn = rope_scaling ? std::get_if<yarn_scaling>(&*rope_scaling) : nullptr)
            tokens = std::max(tokens, static_cast<std::int64_t>(yarn->factor * yarn->original_context));
        return std::min(tokens, same_angles_up_to(rotary()).value_or(tokens));
    }

    /// Most tokens of a text whose hidden states are computed at once: more than `usable_context` where angles change
    /// with the length of a text, which then can be scored and not continued.
    std::int64_t longest_text() const {
        const auto* const dynamic = rope_scaling ? std::get_if<dynamic_scaling>(&*rope_scaling) : nullptr;
        const double stretched = dynamic ? dynamic->factor * static_cast<double>(context) : 0;
        return std::max({usable_context(), context, static_cast<std::int64_t>(stretched)});
    }

    /// Throws `aha::error` with the bad value unless the numbers fit together.
    void validate() const {
        require(architecture == "llama" || architecture == "qwen2" || architecture == "qwen3", "the architecture \"",
                architecture, "\" is not one of llama, qwen2, qwen3");
        const std::pair<const char*, std::int64_t> sizes[] = {{"vocabulary_size", vocabulary_size},
                                                              {"hidden_size", hidden_size},
                                                              {"intermediate_size", intermediate_size},
                                                              {"heads", heads},
                                                              {"kv_heads", kv_heads},
                                                              {"head_dim", head_dim},
                                                              {"context", context}};
        for (const auto& [name, value] : sizes)
            require(value > 0 && value <= largest, "a decoder's ", name, " must lie in 1 .. ", largest, ", not ",
                    value);
        require(layers > 0 && layers <= 10000, "a decoder's layers must lie in 1 .. 10000, not ", layers);
        require(heads <= 65536 && head_dim <= 65536, "a decoder with ", heads, " heads of ", head_dim,
                " is too wide: at most 65536 of each");
        require(heads % kv_heads == 0, "a decoder's heads (", heads, ") must be a multiple of its kv_heads (", kv_heads,
                ")");
        require(head_dim % 2 == 0, "a decoder's head_dim must be even for rotary positions, not ", head_dim);
        require(rms_norm_eps > 0 && rms_norm_eps < 1, "a decoder's rms_norm_eps must lie between 0 and 1, not ",
                rms_norm_eps);
        require(rope_theta > 1 && rope_theta <= 1e30, "a decoder's rope_theta must be above 1 and at most 1e30, not ",
                rope_theta);
        validate_scaling(rotary());
        for (const token_id id : eos_ids) validate_token("end token", id);
        if (bos_id) validate_token("first token", *bos_id);
        if (pad_id) validate_token("padding token", *pad_id);
    }

private:
    static constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();

    void validate_token(const char* what, token_id id) const {
        require(id >= 0 && id < vocabulary_size, "a decoder's ", what, " ", id, " is not in its vocabulary of ",
                vocabulary_size);
    }
};

}  // namespace aha
