#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <string>
#include <vector>

#include <aha/core/pack.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>
#include <aha/model/files/decoder_config.hpp>
#include <aha/model/ops/decode_attention.hpp>
#include <aha/model/ops/linear.hpp>
#include <aha/model/ops/rms_norm.hpp>
#include <aha/model/ops/rotary.hpp>
#include <aha/model/ops/tree_attention.hpp>
#include <aha/model/weight_store.hpp>

namespace aha {

/// Grouped-query attention (Ainslie et al. 2023) with rotary positions, as Llama, Qwen2 (biases) and Qwen3 (norms of
/// queries and keys) have it. Query, key and value projections are one product. A filling of `decoder`'s attention
/// slot.
template <class Tensor>
class grouped_query_attention {
public:
    using cache = key_value_cache;

    /// The parameters one layer needs, in the order in which the constructor expects them.
    static std::vector<parameters::slot> slots(const decoder_config& c, const std::string& layer) {
        const std::int64_t width = (c.heads + 2 * c.kv_heads) * c.head_dim;
        std::vector<parameters::slot> all{{layer + "self_attn.qkv_proj.weight", {width, c.hidden_size}},
                                          {layer + "self_attn.o_proj.weight", {c.hidden_size, c.heads * c.head_dim}}};
        if (c.attention_bias) all.push_back({layer + "self_attn.qkv_proj.bias", {width}, false});
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
        if (c.attention_bias) bias_ = store.parameters()[next++];
        if (c.qk_norm) {
            q_norm_ = store.parameters()[next++];
            k_norm_ = store.parameters()[next++];
        }
    }

    /// Attention over packed trees, differentiable: [T, D] compute type to [T, D] compute type.
    at::Tensor forward(const at::Tensor& x, const packed_trees& batch, const rotary_table& table) const {
        const heads h = project(x, batch.positions, table);
        return merge(tree_attention(h.q, h.k, h.v, batch.trees));
    }

    /// The same without gradients; keys and values of the prompts stay in `to`, which gets room for `rows` completions
    /// and grows as they do.
    at::Tensor prefill(const at::Tensor& x, const packed_prompts& packed, const rotary_table& table, cache& to,
                       std::int64_t rows) const {
        const heads h = project(x, packed.batch.positions, table);
        to.prefix_keys = h.k.narrow(0, packed.prefix.begin, packed.prefix.size);
        to.prefix_values = h.v.narrow(0, packed.prefix.begin, packed.prefix.size);
        for (const segment& prompt : packed.prompts) {
            to.prompt_keys.push_back(h.k.narrow(0, prompt.begin, prompt.size));
            to.prompt_values.push_back(h.v.narrow(0, prompt.begin, prompt.size));
        }
        to.keys = at::empty({rows, key_heads_, first_capacity, width_}, h.k.options());
        to.values = at::empty({rows, key_heads_, first_capacity, width_}, h.k.options());
        return merge(tree_attention(h.q, h.k, h.v, packed.batch.trees));
    }

    /// One token of each completion: [B, D] to [B, D].
    at::Tensor decode(const at::Tensor& x, const decode_batch& batch, const rotary_table& table, cache& in) const {
        const heads h = project(x, batch.positions, table);
        if (batch.step == in.keys.size(2)) grow(in);
        in.keys.select(2, batch.step).index_copy_(0, batch.slots, h.k);
        in.values.select(2, batch.step).index_copy_(0, batch.slots, h.v);
        return merge(decode_attention(h.q, in, batch));
    }

private:
    static constexpr std::int64_t first_capacity = 32;

    static void grow(cache& c) {
        for (at::Tensor* held : {&c.keys, &c.values}) {
            const std::int64_t used = held->size(2);
            at::Tensor wider = at::empty({held->size(0), held->size(1), 2 * used, held->size(3)}, held->options());
            wider.narrow(2, 0, used).copy_(*held);
            *held = wider;
        }
    }

    struct heads {
        at::Tensor q;  // [T, H, d] float32
        at::Tensor k;  // [T, Hk, d] float32
        at::Tensor v;  // [T, Hk, d] float32
    };

    heads project(const at::Tensor& x, const at::Tensor& positions, const rotary_table& table) const {
        const at::Tensor all =
            aha::linear(x, qkv_, bias_).view({-1, heads_ + 2 * key_heads_, width_});  // [T, H+2Hk, d]
        const at::Tensor v = all.narrow(1, heads_ + key_heads_, key_heads_).to(at::kFloat).contiguous();
        if (!q_norm_.defined()) {
            const at::Tensor qk = rotary(all.narrow(1, 0, heads_ + key_heads_), positions, table);
            return {qk.narrow(1, 0, heads_).contiguous(), qk.narrow(1, heads_, key_heads_).contiguous(), v};
        }
        const at::Tensor q = rms_norm(all.narrow(1, 0, heads_), q_norm_, eps_, at::kFloat);
        const at::Tensor k = rms_norm(all.narrow(1, heads_, key_heads_), k_norm_, eps_, at::kFloat);
        return {rotary(q, positions, table), rotary(k, positions, table), v};
    }

    at::Tensor merge(const at::Tensor& attended) const {
        return aha::linear(attended.view({-1, heads_ * width_}).to(Tensor::compute_type), out_);
    }

    std::int64_t heads_, key_heads_, width_;
    double eps_;
    weight_view qkv_, out_;
    at::Tensor bias_, q_norm_, k_norm_;
};

}  // namespace aha
