#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <string>
#include <vector>

#include <aha/core/kernels_namespace.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/ops/add_bias.hpp>
#include <aha/model/ops/decode_attention.hpp>
#include <aha/model/ops/key_value_cache.hpp>
#include <aha/model/ops/linear.hpp>
#include <aha/model/ops/rms_norm.hpp>
#include <aha/model/ops/rotary.hpp>
#include <aha/model/ops/static_cache.hpp>
#include <aha/model/ops/tree_attention.hpp>
#include <aha/model/pack.hpp>
#include <aha/model/weight_store.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Grouped-query attention (Ainslie et al. 2023) with rotary positions, as Llama, Qwen2 (biases) and Qwen3 (norms of
/// queries and keys) have it, with a bias on any of the projections. Query, key and value projections are one product.
/// A `decoder`'s default attention block.
template <class Tensor>
class grouped_query_attention {
public:
    using cache = key_value_cache;             ///< What a session remembers of the tokens before.
    static constexpr bool takes_texts = true;  ///< `decode` reads a batch with several tokens of a completion

    /// The parameters one layer needs, in the order in which the constructor expects them.
    static std::vector<parameters::slot> slots(const decoder_config& c, const std::string& layer) {
        const std::int64_t width = (c.heads + 2 * c.kv_heads) * c.head_dim;
        std::vector<parameters::slot> all{{layer + "self_attn.qkv_proj.weight", {width, c.hidden_size}},
                                          {layer + "self_attn.o_proj.weight", {c.hidden_size, c.heads * c.head_dim}}};
        if (c.attention_bias) all.push_back({layer + "self_attn.qkv_proj.bias", {width}, false});
        if (c.attention_output_bias) all.push_back({layer + "self_attn.o_proj.bias", {c.hidden_size}, false});
        if (c.qk_norm) {
            all.push_back({layer + "self_attn.q_norm.weight", {c.head_dim}, false});
            all.push_back({layer + "self_attn.k_norm.weight", {c.head_dim}, false});
        }
        return all;
    }

    /// How the tensors of a Hugging Face folder make up those parameters.
    static std::vector<weight_part> parts(const decoder_config& c, const std::string& layer) {
        const std::int64_t q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
        const std::string self = layer + "self_attn.";
        std::vector<weight_part> all{{self + "o_proj.weight", self + "o_proj.weight", 0, c.hidden_size}};
        std::vector<std::string> kinds{"weight"};
        if (c.attention_bias) kinds.emplace_back("bias");
        for (const std::string& kind : kinds) {
            const std::string slot = self + "qkv_proj." + kind;
            all.push_back({self + "q_proj." + kind, slot, 0, q});
            all.push_back({self + "k_proj." + kind, slot, q, kv});
            all.push_back({self + "v_proj." + kind, slot, q + kv, kv});
        }
        if (c.attention_output_bias) all.push_back({self + "o_proj.bias", self + "o_proj.bias", 0, c.hidden_size});
        if (c.qk_norm)
            for (const char* name : {"q_norm.weight", "k_norm.weight"})
                all.push_back({self + name, self + name, 0, c.head_dim});
        return all;
    }

    /// Takes this layer's parameters, the first of them at `first`.
    grouped_query_attention(const decoder_config& c, const weight_store<Tensor>& store, std::size_t first)
        : heads_{c.heads}, key_heads_{c.kv_heads}, width_{c.head_dim}, eps_{c.rms_norm_eps} {
        qkv_ = store.view(first);
        out_ = store.view(first + 1);
        std::size_t next = first + 2;
        if (c.attention_bias) bias_ = store.leaf(next++);
        if (c.attention_output_bias) out_bias_ = store.leaf(next++);
        if (c.qk_norm) {
            q_norm_ = store.leaf(next++);
            k_norm_ = store.leaf(next++);
        }
    }

    /// Attention over packed trees, differentiable: [T, D] compute type to [T, D] compute type.
    at::Tensor forward(const at::Tensor& x, const packed_trees& batch, const rotary_table& table) const {
        return merge(tree_attention(project(x, batch.positions, table), heads_, batch.trees, Tensor::compute_type));
    }

    /// The same without gradients; keys and values of the prompts are added to the cache: what all begin with as one
    /// prefix, the rest of each as a prompt.
    at::Tensor prefill(const at::Tensor& x, const packed_prompts& packed, const rotary_table& table, cache& to) const {
        const at::Tensor qkv = project(x, packed.batch.positions, table);
        const auto shared = [&](const segment& s) {
            const at::Tensor rows = qkv.narrow(0, s.begin, s.size);
            return shared_keys{rows.narrow(1, heads_, key_heads_), rows.narrow(1, heads_ + key_heads_, key_heads_)};
        };
        to.prefixes.push_back(shared(packed.prefix));
        for (const segment& prompt : packed.prompts) to.prompts.push_back(shared(prompt));
        return merge(tree_attention(qkv, heads_, packed.batch.trees, Tensor::compute_type));
    }

    /// Room in the cache for `slots` completions of `length` own tokens each.
    void reserve(cache& c, std::int64_t slots, std::int64_t length) const {
        c.reserve(slots, length, key_heads_, width_, Tensor::options());
    }

    /// One token of each completion: [B, D] to [B, D].
    at::Tensor decode(const at::Tensor& x, const decode_batch& batch, const rotary_table& table, cache& in) const {
        return merge(decode_attention(project(x, batch.positions, table), heads_, in, batch, Tensor::compute_type));
    }

    /// The same as the other `prefill`, for a cache whose memory stays where it is: keys and values of the packed row
    /// go to `first_token` and on.
    at::Tensor prefill(const at::Tensor& x, const packed_prompts& packed, const rotary_table& table,
                       const static_cache& to, std::int64_t first_token) const {
        const at::Tensor qkv = project(x, packed.batch.positions, table);
        const auto put = [&](const at::Tensor& all, std::int64_t head) {
            all.narrow(0, first_token, qkv.size(0)).copy_(qkv.narrow(1, head, key_heads_));
        };
        put(to.prompt_keys, heads_);
        put(to.prompt_values, heads_ + key_heads_);
        return merge(tree_attention(qkv, heads_, packed.batch.trees, Tensor::compute_type));
    }

    /// One token of each row in memory that stays where it is: [B, D] to [B, D].
    at::Tensor decode(const at::Tensor& x, const static_rows& rows, const rotary_table& table,
                      const static_cache& in) const {
        const at::Tensor all = aha::linear(x, qkv_).view({-1, heads_ + 2 * key_heads_, width_});
        return merge(
            static_attention(all, {heads_, key_heads_, width_, bias_, q_norm_, k_norm_, eps_}, table, rows, in));
    }

private:
    /// Queries, keys and values with positions applied: [T, H + 2 Hk, d] float32.
    at::Tensor project(const at::Tensor& x, const at::Tensor& positions, const rotary_table& table) const {
        const at::Tensor flat = aha::linear(x, qkv_);
        const std::int64_t turned = heads_ + key_heads_, all = heads_ + 2 * key_heads_;
        if (!q_norm_.defined()) return rotary(flat.view({-1, all, width_}), positions, table, turned, bias_);
        const at::Tensor wide = add_bias(flat.to(at::kFloat), bias_).view({-1, all, width_});
        const at::Tensor q = rms_norm(wide.narrow(1, 0, heads_), q_norm_, eps_, at::kFloat);
        const at::Tensor k = rms_norm(wide.narrow(1, heads_, key_heads_), k_norm_, eps_, at::kFloat);
        return rotary(at::cat({q, k, wide.narrow(1, turned, key_heads_)}, 1), positions, table, turned);
    }

    at::Tensor merge(const at::Tensor& attended) const {
        return add_bias(aha::linear(attended.view({-1, heads_ * width_}), out_), out_bias_);
    }

    std::int64_t heads_, key_heads_, width_;
    double eps_;
    weight_view qkv_, out_;
    at::Tensor bias_, out_bias_, q_norm_, k_norm_;
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
