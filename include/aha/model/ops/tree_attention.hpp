#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

#include <aha/core/fast_exp.hpp>
#include <aha/core/lanes.hpp>
#include <aha/core/packed.hpp>

namespace aha {
namespace detail {

/// Softmax of each row of `scores` [heads, rep * L, context + L] in place; query l (the row modulo L) sees keys
/// [0, context + l]. Keys it does not see get probability 0.
inline void causal_softmax(at::Tensor& scores, std::int64_t length, std::int64_t context) {
    const std::int64_t width = scores.size(2), rows = scores.numel() / width;
    if (!scores.is_cpu()) {
        const auto options = scores.options().dtype(at::kLong);
        const at::Tensor last = at::arange(scores.size(1), options).remainder(length).add(context).unsqueeze(1);
        scores.masked_fill_(at::arange(width, options).gt(last), -std::numeric_limits<float>::infinity());
        scores = at::softmax(scores, -1);
        return;
    }
    float* data = scores.mutable_data_ptr<float>();
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 16384 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
            float* row = data + r * width;
            const std::int64_t seen = context + r % length + 1;
            const float top = lane_max(seen, [row](std::int64_t i) { return row[i]; });
            for (std::int64_t i = 0; i < seen; ++i) row[i] = fast_exp(row[i] - top);
            const float scale = 1.0F / lane_sum(seen, [row](std::int64_t i) { return row[i]; });
            for (std::int64_t i = 0; i < seen; ++i) row[i] *= scale;
            std::fill(row + seen, row + width, 0.0F);
        }
    });
}

/// Turns `gradient` (of the probabilities) into the gradient of the scores, in place: p (g - sum(p g)).
inline void softmax_backward(const at::Tensor& probabilities, at::Tensor& gradient) {
    if (!gradient.is_cpu()) {
        gradient = probabilities * (gradient - (probabilities * gradient).sum(-1, true));
        return;
    }
    const std::int64_t width = gradient.size(2), rows = gradient.numel() / width;
    const float* p = probabilities.const_data_ptr<float>();
    float* g = gradient.mutable_data_ptr<float>();
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 16384 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
            const float* pr = p + r * width;
            float* gr = g + r * width;
            const float dot = lane_sum(width, [=](std::int64_t i) { return pr[i] * gr[i]; });
            for (std::int64_t i = 0; i < width; ++i) gr[i] = pr[i] * (gr[i] - dot);
        }
    });
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
    at::Tensor scores = at::bmm(queries, keys.permute({1, 2, 0}));
    causal_softmax(scores, block.own.size, block.trunk.size);
    return scores;
}

struct tree_attention_function : torch::autograd::Function<tree_attention_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, std::shared_ptr<const std::vector<attention_block>> blocks) {
        context->save_for_backward({q, k, v});
        context->saved_data["blocks"] = c10::IValue::make_capsule(c10::make_intrusive<holder>(blocks));
        at::Tensor out = at::empty_like(q);
        const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(2)));
        for (const attention_block& block : *blocks) {
            const at::Tensor queries = by_key_head(rows_of(q, block.own), k.size(1)) * scale;
            const at::Tensor p = block_probabilities(block, queries, seen_by(block, k));
            from_key_head(at::bmm(p, seen_by(block, v).permute({1, 0, 2})), rows_of(out, block.own));
        }
        return out;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
        const auto blocks =
            c10::static_intrusive_pointer_cast<holder>(context->saved_data["blocks"].toCapsule())->blocks;
        const at::Tensor g = gradients[0].contiguous();
        at::Tensor gq = at::empty_like(q), gk = at::zeros_like(k), gv = at::zeros_like(v);
        const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(2)));
        for (const attention_block& block : *blocks) {
            const at::Tensor queries = by_key_head(rows_of(q, block.own), k.size(1)) * scale;
            const at::Tensor keys = seen_by(block, k), values = seen_by(block, v);
            const at::Tensor p = block_probabilities(block, queries, keys);
            const at::Tensor go = by_key_head(rows_of(g, block.own), k.size(1));
            at::Tensor gs = at::bmm(go, values.permute({1, 2, 0}));
            const at::Tensor block_gv = at::bmm(p.transpose(1, 2), go).transpose(0, 1);  // [trunk + L, Hk, d]
            softmax_backward(p, gs);
            from_key_head(at::bmm(gs, keys.permute({1, 0, 2})).mul_(scale), rows_of(gq, block.own));
            const at::Tensor block_gk = at::bmm(gs.transpose(1, 2), queries).transpose(0, 1);
            add(block, block_gk, gk);
            add(block, block_gv, gv);
        }
        return {gq, gk, gv, at::Tensor{}};
    }

private:
    struct holder : torch::CustomClassHolder {
        explicit holder(std::shared_ptr<const std::vector<attention_block>> b) : blocks{std::move(b)} {}
        std::shared_ptr<const std::vector<attention_block>> blocks;
    };

    static void add(const attention_block& block, const at::Tensor& from, const at::Tensor& to) {
        const std::int64_t context = block.trunk.size;
        if (context > 0) rows_of(to, block.trunk).add_(from.narrow(0, 0, context));
        rows_of(to, block.own).add_(from.narrow(0, context, block.own.size));
    }
};

}  // namespace detail

/// Causal grouped-query attention over packed trees, differentiable. A trunk's keys and values exist once for all of
/// its branches; a branch sees its trunk and itself. Probabilities live for one block at a time, in the backward pass
/// too.
/// @param q [T, H, d] float32
/// @param k [T, Hk, d] float32, H a multiple of Hk
/// @param v [T, Hk, d] float32
/// @return [T, H, d] float32
inline at::Tensor tree_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 const std::vector<token_tree>& trees) {
    return detail::tree_attention_function::apply(
        q.contiguous(), k.contiguous(), v.contiguous(),
        std::make_shared<const std::vector<detail::attention_block>>(detail::attention_blocks(trees)));
}

}  // namespace aha
