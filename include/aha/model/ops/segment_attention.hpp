#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_flash_attention_backward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/logsumexp.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/kernels/to_device.hpp>

/// Attention over packed trees as passes of an engine that knows segments and no trees: in the first, every segment
/// sees itself causally; in one more for each depth, all that continues a segment of that depth, as one segment, sees
/// that one: two passes where completions continue prompts. The log-sums of all make one softmax of them. In the
/// backward pass each engine call gets the joined result and log-sums, from which it computes its part of the exact
/// gradient: probabilities are exp(score - log-sum), whichever keys are in the call.
namespace aha::detail {

/// Segments of queries and the segments of keys that they see, one after another without gaps.
struct segment_pairs {
    std::vector<std::int64_t> queries, keys;  ///< lengths
    bool causal = false;                      ///< a query sees its segment up to itself; else all of the keys

    static std::int64_t longest(const std::vector<std::int64_t>& lengths) {
        return lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
    }
    /// [S + 1] int32 where segments begin, and where the last ends.
    static at::Tensor bounds(const std::vector<std::int64_t>& lengths, const at::Device& device) {
        std::vector<std::int32_t> at{0};
        for (const std::int64_t length : lengths) at.push_back(at.back() + static_cast<std::int32_t>(length));
        return to_device(at, device);
    }
};

/// What queries get: the result [Q, H, d], and the log of the sum of exponentials [H, Q] float32.
struct attended {
    at::Tensor out, sums;
};

/// Gradients of queries, keys and values.
struct attended_gradients {
    at::Tensor q, k, v;
};

/// LibTorch's flash attention (Dao 2023) for bfloat16 on GPUs; widths that are multiples of 8, at most 256.
struct flash_segments {
    static attended forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const segment_pairs& s) {
        const auto r = at::_flash_attention_forward(q, k, v, segment_pairs::bounds(s.queries, q.device()),
                                                    segment_pairs::bounds(s.keys, q.device()), most(s.queries),
                                                    most(s.keys), 0.0, s.causal, false, scale(q));
        return {std::get<0>(r), std::get<1>(r)};
    }

    static attended_gradients backward(const at::Tensor& g, const at::Tensor& q, const at::Tensor& k,
                                       const at::Tensor& v, const attended& a, const segment_pairs& s) {
        const at::Tensor no_dropout = at::empty({2}, q.options().dtype(at::kUInt64));
        const auto [gq, gk, gv] =
            at::_flash_attention_backward(g, q, k, v, a.out, a.sums, segment_pairs::bounds(s.queries, q.device()),
                                          segment_pairs::bounds(s.keys, q.device()), most(s.queries), most(s.keys), 0.0,
                                          s.causal, no_dropout, no_dropout, scale(q));
        return {gq, gk, gv};
    }

private:
    // With a longest query segment of 1 the forward pass would lay its log-sums out otherwise.
    static std::int64_t most(const std::vector<std::int64_t>& lengths) {
        return std::max<std::int64_t>(2, segment_pairs::longest(lengths));
    }
    static double scale(const at::Tensor& q) { return 1 / std::sqrt(static_cast<double>(q.size(2))); }
};

/// The same in plain operators, segment by segment: what the other is compared with, and float32's on GPUs.
struct plain_segments {
    static attended forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const segment_pairs& s) {
        std::vector<at::Tensor> outs, sums;
        for_each(q, k, v, s, [&](const at::Tensor& qs, const at::Tensor& ks, const at::Tensor& vs, segment, segment) {
            const at::Tensor all = scores(qs, ks, s.causal), sum = at::logsumexp(all, {-1});  // [H, Q, K], [H, Q]
            outs.push_back(at::bmm((all - sum.unsqueeze(2)).exp(), vs).transpose(0, 1));
            sums.push_back(sum);
        });
        return {at::cat(outs, 0).to(q.scalar_type()), at::cat(sums, 1)};
    }

    static attended_gradients backward(const at::Tensor& g, const at::Tensor& q, const at::Tensor& k,
                                       const at::Tensor& v, const attended& a, const segment_pairs& s) {
        const std::int64_t key_heads = k.size(1), rep = q.size(1) / key_heads;
        const auto heads_joined = [&](const at::Tensor& x) {  // [H, K, d] -> [K, Hk, d]
            return x.view({key_heads, rep, x.size(1), x.size(2)}).sum(1).transpose(0, 1);
        };
        std::vector<at::Tensor> gq, gk, gv;
        for_each(
            q, k, v, s, [&](const at::Tensor& qs, const at::Tensor& ks, const at::Tensor& vs, segment rows, segment) {
                const auto part = [&](const at::Tensor& x) {
                    return x.narrow(0, rows.begin, rows.size).to(at::kFloat).transpose(0, 1);  // [H, Q, d]
                };
                const at::Tensor sum = a.sums.narrow(1, rows.begin, rows.size).unsqueeze(2);
                const at::Tensor p = (scores(qs, ks, s.causal) - sum).exp(), go = part(g);
                const at::Tensor mean = (go * part(a.out)).sum(-1, true);  // over all keys, also those of other calls
                const at::Tensor gs = p * (at::bmm(go, vs.transpose(1, 2)) - mean) * scale(qs);
                gq.push_back(at::bmm(gs, ks).transpose(0, 1));
                gk.push_back(heads_joined(at::bmm(gs.transpose(1, 2), qs)));
                gv.push_back(heads_joined(at::bmm(p.transpose(1, 2), go)));
            });
        return {at::cat(gq, 0), at::cat(gk, 0), at::cat(gv, 0)};
    }

private:
    static double scale(const at::Tensor& q) { return 1 / std::sqrt(static_cast<double>(q.size(2))); }

    /// [H, Q, K]; keys that a query does not see are minus infinity.
    static at::Tensor scores(const at::Tensor& q, const at::Tensor& k, bool causal) {
        const at::Tensor all = at::bmm(q, k.transpose(1, 2)) * scale(q);
        if (!causal) return all;
        const at::Tensor at = at::arange(k.size(1), k.options().dtype(at::kLong));
        return all.masked_fill(at.unsqueeze(0).gt(at.unsqueeze(1)), -std::numeric_limits<float>::infinity());
    }

    template <class Body>
    static void for_each(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const segment_pairs& s,
                         Body body) {
        const std::int64_t rep = q.size(1) / k.size(1);
        const auto wide = [](const at::Tensor& x, const segment& of, std::int64_t times) {  // [H, n, d]
            const at::Tensor part = x.narrow(0, of.begin, of.size).to(at::kFloat);
            return (times == 1 ? part : part.repeat_interleave(times, 1)).transpose(0, 1).contiguous();
        };
        segment rows, seen;
        for (std::size_t n = 0; n < s.queries.size(); ++n) {
            rows = {rows.end(), s.queries[n]};
            seen = {seen.end(), s.keys[n]};
            body(wide(q, rows, 1), wide(k, seen, rep), wide(v, seen, rep), rows, seen);
        }
    }
};

/// The passes over the trees of a packed row.
struct tree_segments {
    /// All that continues segments of one depth, and these.
    struct pass {
        segment_pairs pairs;
        at::Tensor rows;  ///< [B] int64 of the packed row: the queries
        at::Tensor seen;  ///< [K] int64: the keys
    };
    segment_pairs own{{}, {}, true};
    std::vector<pass> passes;  ///< by depth, the trunks first

    tree_segments(const std::vector<token_tree>& trees, const at::Device& device) {
        std::vector<rows_of_depth> depths;
        for (const token_tree& tree : trees) {
            see_itself(tree.trunk);
            for (const segment& s : tree.branches) see_itself(s);
            add(tree, -1, depths);
            for (std::size_t n = 0; n < tree.branches.size(); ++n) add(tree, static_cast<std::int64_t>(n), depths);
        }
        own.keys = own.queries;
        for (const rows_of_depth& d : depths)
            if (!d.queries.empty())
                passes.push_back({d.pairs, to_device(d.queries, device), to_device(d.keys, device)});
    }

private:
    struct rows_of_depth {
        segment_pairs pairs;
        std::vector<std::int64_t> queries, keys;
    };

    void see_itself(const segment& s) {
        if (s.size > 0) own.queries.push_back(s.size);
    }

    /// Adds the segment `n` of a tree (-1: the trunk) and all that continues it.
    static void add(const token_tree& tree, std::int64_t n, std::vector<rows_of_depth>& depths) {
        const bool is_trunk = n < 0;
        const auto branch = static_cast<std::size_t>(n);
        const segment& seen = is_trunk ? tree.trunk : tree.branches[branch];
        const std::size_t depth = is_trunk ? 0 : tree.path_to(branch).size();
        const std::size_t first = is_trunk ? 0 : branch + 1,
                          end = is_trunk ? tree.branches.size() : tree.end_of_subtree(branch);
        if (seen.size == 0 || first == end) return;
        const segment all{tree.branches[first].begin, tree.branches[end - 1].end() - tree.branches[first].begin};
        if (all.size == 0) return;
        if (depths.size() <= depth) depths.resize(depth + 1);
        rows_of_depth& to = depths[depth];
        for (std::int64_t t = all.begin; t < all.end(); ++t) to.queries.push_back(t);
        for (std::int64_t t = seen.begin; t < seen.end(); ++t) to.keys.push_back(t);
        to.pairs.queries.push_back(all.size);
        to.pairs.keys.push_back(seen.size);
    }
};

/// @param q [T, H, d]
/// @param k [T, Hk, d]
/// @param v [T, Hk, d]
template <class Engine>
attended attend_segments(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const tree_segments& trees) {
    attended all = Engine::forward(q, k, v, trees.own);
    for (const tree_segments::pass& pass : trees.passes) {
        const at::Tensor& rows = pass.rows;
        const attended part = Engine::forward(q.index_select(0, rows), k.index_select(0, pass.seen),
                                              v.index_select(0, pass.seen), pass.pairs);
        const at::Tensor before = all.sums.index_select(1, rows), joined = at::logaddexp(before, part.sums);  // [H, B]
        const auto share = [&](const at::Tensor& sums) { return (sums - joined).exp().t().unsqueeze(2); };
        const at::Tensor out = all.out.index_select(0, rows) * share(before) + part.out * share(part.sums);
        all.out.index_copy_(0, rows, out.to(all.out.scalar_type()));
        all.sums.index_copy_(1, rows, joined);
    }
    return all;
}

/// @param g [T, H, d] gradient of the result
template <class Engine>
attended_gradients attend_segments_backward(const at::Tensor& g, const at::Tensor& q, const at::Tensor& k,
                                            const at::Tensor& v, const attended& a, const tree_segments& trees) {
    attended_gradients all = Engine::backward(g, q, k, v, a, trees.own);
    for (const tree_segments::pass& pass : trees.passes) {
        const at::Tensor &rows = pass.rows, &seen = pass.seen;
        const attended joined{a.out.index_select(0, rows), a.sums.index_select(1, rows).contiguous()};
        const attended_gradients part =
            Engine::backward(g.index_select(0, rows), q.index_select(0, rows), k.index_select(0, seen),
                             v.index_select(0, seen), joined, pass.pairs);
        all.q = all.q.index_add(0, rows, part.q);
        all.k = all.k.index_add(0, seen, part.k);
        all.v = all.v.index_add(0, seen, part.v);
    }
    return all;
}

}  // namespace aha::detail
