#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>
#include <cmath>
#include <limits>
#include <memory>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/core/parallel_tasks.hpp>
#include <aha/core/with_type.hpp>
#include <aha/model/ops/tree_attention_cpu.hpp>

namespace aha {
namespace detail {

/// Softmax of each row of `scores` [heads, rep * L, context + L]; query l (the row modulo L) sees keys
/// [0, context + l]. Keys it does not see get probability 0.
inline at::Tensor causal_softmax(const at::Tensor& scores, std::int64_t length, std::int64_t context) {
    const auto options = scores.options().dtype(at::kLong);
    const at::Tensor last = at::arange(scores.size(1), options).remainder(length).add(context).unsqueeze(1);
    const at::Tensor hidden = at::arange(scores.size(2), options).gt(last);
    return at::softmax(scores.masked_fill(hidden, -std::numeric_limits<float>::infinity()), -1);
}

/// One stretch of queries with the keys it sees: `trunk` in full, then itself causally. A trunk sees only itself.
struct attention_block {
    segment trunk;  ///< empty for the trunk's own block
    segment own;
};

inline std::vector<attention_block> attention_blocks(const std::vector<token_tree>& trees) {
    std::vector<attention_block> blocks;
    for (const token_tree& tree : trees) {
        if (tree.trunk.size > 0) blocks.push_back({{tree.trunk.begin, 0}, tree.trunk});
        for (const segment& branch : tree.branches)
            if (branch.size > 0) blocks.push_back({tree.trunk, branch});
    }
    return blocks;
}

/// [L, H, d] -> [Hk, rep * L, d]: the queries that share a key head, one query head after another.
inline at::Tensor by_key_head(const at::Tensor& x, std::int64_t key_heads) {
    const std::int64_t length = x.size(0), rep = x.size(1) / key_heads;
    return x.view({length, key_heads, rep, x.size(2)})
        .permute({1, 2, 0, 3})
        .reshape({key_heads, rep * length, x.size(2)});
}

/// The inverse of `by_key_head`, written into `to` [L, H, d].
inline void from_key_head(const at::Tensor& x, at::Tensor to) {
    const std::int64_t length = to.size(0), key_heads = x.size(0), rep = to.size(1) / key_heads;
    to.view({length, key_heads, rep, to.size(2)})
        .copy_(x.view({key_heads, rep, length, to.size(2)}).permute({2, 0, 1, 3}));
}

inline at::Tensor rows_of(const at::Tensor& x, const segment& s) { return x.narrow(0, s.begin, s.size); }

/// Keys or values a block sees: [trunk + own, Hk, d].
inline at::Tensor seen_by(const attention_block& block, const at::Tensor& x) {
    return block.trunk.size == 0 ? rows_of(x, block.own) : at::cat({rows_of(x, block.trunk), rows_of(x, block.own)}, 0);
}

/// Probabilities of a block: [Hk, rep * L, trunk + L].
inline at::Tensor block_probabilities(const attention_block& block, const at::Tensor& queries, const at::Tensor& keys) {
    return causal_softmax(at::bmm(queries, keys.permute({1, 2, 0})), block.own.size, block.trunk.size);
}

/// Queries, keys and values as views of a packed projection.
struct packed_heads {
    at::Tensor q, k, v;
    packed_heads(const at::Tensor& qkv, const head_layout& l)
        : q{qkv.narrow(1, 0, l.heads)},
          k{qkv.narrow(1, l.heads, l.key_heads)},
          v{qkv.narrow(1, l.heads + l.key_heads, l.key_heads)} {}
};

/// The kernels' work in LibTorch's operators, for devices other than the CPU.
inline at::Tensor composed_tree_attention(const at::Tensor& qkv, const head_layout& l,
                                          const std::vector<token_tree>& trees) {
    const packed_heads h{qkv, l};
    const at::Tensor out = at::empty({qkv.size(0), l.heads, l.width}, qkv.options());
    for (const attention_block& block : attention_blocks(trees)) {
        const at::Tensor queries = by_key_head(rows_of(h.q, block.own), l.key_heads) * l.scale();
        const at::Tensor p = block_probabilities(block, queries, seen_by(block, h.k));
        from_key_head(at::bmm(p, seen_by(block, h.v).permute({1, 0, 2})), rows_of(out, block.own));
    }
    return out;
}

inline at::Tensor composed_tree_attention_backward(const at::Tensor& qkv, const head_layout& l,
                                                   const std::vector<token_tree>& trees, const at::Tensor& g_out) {
    const at::Tensor result = at::zeros_like(qkv);
    const packed_heads h{qkv, l}, to{result, l};
    const auto add = [](const attention_block& block, const at::Tensor& from, const at::Tensor& sum) {
        const std::int64_t context = block.trunk.size;
        if (context > 0) rows_of(sum, block.trunk).add_(from.narrow(0, 0, context));
        rows_of(sum, block.own).add_(from.narrow(0, context, block.own.size));
    };
    for (const attention_block& block : attention_blocks(trees)) {
        const at::Tensor queries = by_key_head(rows_of(h.q, block.own), l.key_heads) * l.scale();
        const at::Tensor keys = seen_by(block, h.k), values = seen_by(block, h.v);
        const at::Tensor p = block_probabilities(block, queries, keys);
        const at::Tensor go = by_key_head(rows_of(g_out, block.own), l.key_heads);
        const at::Tensor gp = at::bmm(go, values.permute({1, 2, 0}));
        const at::Tensor gs = p * (gp - (p * gp).sum(-1, true));
        from_key_head(at::bmm(gs, keys.permute({1, 0, 2})).mul_(l.scale()), rows_of(to.q, block.own));
        add(block, at::bmm(gs.transpose(1, 2), queries).transpose(0, 1), to.k);
        add(block, at::bmm(p.transpose(1, 2), go).transpose(0, 1), to.v);
    }
    return result;
}

using shared_trees = std::shared_ptr<const std::vector<token_tree>>;

/// @return the result [T, H, d] in `type`, and the log-sums of the scores [T, H] (on the CPU; else undefined)
inline std::pair<at::Tensor, at::Tensor> attend_trees(const at::Tensor& qkv, const head_layout& l,
                                                      const std::vector<token_tree>& trees, at::ScalarType type) {
    if (!qkv.is_cpu()) return {composed_tree_attention(qkv, l, trees).to(type), at::Tensor{}};
    const at::Tensor out = at::empty({qkv.size(0), l.heads, l.width}, qkv.options().dtype(type));
    const at::Tensor sums = at::empty({qkv.size(0), l.heads}, qkv.options());
    with_type(type, [&]<class Out>(Out*) {
        const float* const in = qkv.const_data_ptr<float>();
        Out* const to = out.mutable_data_ptr<Out>();
        float* const kept = sums.mutable_data_ptr<float>();
        parallel_tasks(std::ssize(trees) * l.key_heads, [&] {
            return [&, in, to, kept](std::int64_t task) {
                tree_attention_task(in, l, trees[static_cast<std::size_t>(task / l.key_heads)], task % l.key_heads, to,
                                    kept);
            };
        });
    });
    return {out, sums};
}

struct tree_attention_function : torch::autograd::Function<tree_attention_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& qkv, std::int64_t heads,
                              const shared_trees& trees, at::ScalarType type) {
        const auto [out, sums] = attend_trees(qkv, layout(qkv, heads), *trees, type);
        context->save_for_backward({qkv, sums});
        context->saved_data["heads"] = heads;
        context->saved_data["trees"] = c10::IValue::make_capsule(c10::make_intrusive<holder>(trees));
        return out;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &qkv = saved[0], &sums = saved[1];
        const head_layout l = layout(qkv, context->saved_data["heads"].toInt());
        const shared_trees trees =
            c10::static_intrusive_pointer_cast<holder>(context->saved_data["trees"].toCapsule())->trees;
        const at::Tensor g = gradients[0].contiguous();
        if (!qkv.is_cpu()) return {composed_tree_attention_backward(qkv, l, *trees, g.to(at::kFloat)), {}, {}, {}};
        const at::Tensor result = at::empty_like(qkv);
        with_type(g.scalar_type(), [&]<class Out>(Out*) {
            const float *const in = qkv.const_data_ptr<float>(), *const kept = sums.const_data_ptr<float>();
            const Out* const from = g.const_data_ptr<Out>();
            float* const to = result.mutable_data_ptr<float>();
            parallel_tasks(std::ssize(*trees) * l.key_heads, [&] {
                return [&, in, kept, from, to](std::int64_t task) {
                    tree_attention_backward_task(in, l, (*trees)[static_cast<std::size_t>(task / l.key_heads)],
                                                 task % l.key_heads, from, kept, to);
                };
            });
        });
        return {result, {}, {}, {}};
    }

    static head_layout layout(const at::Tensor& qkv, std::int64_t heads) {
        return {heads, (qkv.size(1) - heads) / 2, qkv.size(2)};
    }

private:
    struct holder : torch::CustomClassHolder {
        explicit holder(shared_trees t) : trees{std::move(t)} {}
        shared_trees trees;
    };
};

}  // namespace detail

/// Causal grouped-query attention over packed trees, differentiable. A trunk's keys and values exist once for all of
/// its branches; a branch sees its trunk and itself. Probabilities live for a tile of queries at a time, in the
/// backward pass too.
/// @param qkv [T, H + 2 Hk, d] float32, contiguous: queries, keys, values; H a multiple of Hk
/// @param heads H
/// @param type of the result, float32 or bfloat16
/// @return [T, H, d]
inline at::Tensor tree_attention(const at::Tensor& qkv, std::int64_t heads, const std::vector<token_tree>& trees,
                                 at::ScalarType type = at::kFloat) {
    if (!at::GradMode::is_enabled())
        return detail::attend_trees(qkv, detail::tree_attention_function::layout(qkv, heads), trees, type).first;
    return detail::tree_attention_function::apply(qkv, heads, std::make_shared<const std::vector<token_tree>>(trees),
                                                  type);
}

}  // namespace aha
