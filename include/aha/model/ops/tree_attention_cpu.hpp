#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <algorithm>
#include <cstdint>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/kernels/parallel_tasks.hpp>
#include <aha/kernels/small_product.hpp>
#include <aha/model/ops/attention_rows.hpp>

/// Attention over packed trees on the CPU, forward and backward. A task is one tree and one key head: the trunk's keys
/// and values are laid out once, and each branch's beside them in turn, so that a query sees one matrix of keys.
namespace aha::detail {

/// A tree's keys for one key head: columns [0, trunk), then from `own` on those of the branch at hand.
struct tree_columns {
    std::int64_t own = 0;    ///< first column of the branch: the trunk's size in whole vectors
    std::int64_t total = 0;  ///< columns of the widest branch

    explicit tree_columns(const token_tree& tree) : own{whole_vectors(tree.trunk.size)}, total{own} {
        for (const segment& branch : tree.branches) total = std::max(total, own + whole_vectors(branch.size));
    }
};

/// A tile of queries: positions [from, from + size) of a segment, for every head that shares the key head.
struct query_tile {
    segment own;           ///< what the queries belong to
    std::int64_t context;  ///< trunk columns that all of them see
    std::int64_t column;   ///< of the segment's first key
    std::int64_t from, size;
    static constexpr std::int64_t most = 16;

    std::int64_t token(std::int64_t i) const { return own.begin + from + i; }
    std::int64_t end() const { return column + from + size; }  ///< past the last column that any query sees
    std::array<score_range, 2> seen(std::int64_t i) const { return {{{0, context}, {column, column + from + i + 1}}}; }
    /// Sets what query `i` does not see, up to `width`, to 0.
    void hide(float* row, std::int64_t i, std::int64_t width) const {
        std::fill(row + context, row + std::max(context, column), 0.0F);
        std::fill(row + column + from + i + 1, row + width, 0.0F);
    }
};

/// Calls `body` with each tile of a tree's segment.
template <class Body>
void for_each_tile(const segment& own, std::int64_t context, std::int64_t column, Body body) {
    for (std::int64_t from = 0; from < own.size; from += query_tile::most)
        body(query_tile{own, context, column, from, std::min(query_tile::most, own.size - from)});
}

using float_buffer = std::vector<float>;
inline float_buffer zeros_of(std::int64_t size) { return float_buffer(static_cast<std::size_t>(size)); }

/// out[T, H, d] and the log-sums [T, H] of one tree's scores for one key head.
template <class Out>
void tree_attention_task(const float* qkv, const head_layout& l, const token_tree& tree, std::int64_t head, Out* out,
                         float* sums) {
    const tree_columns columns{tree};
    const std::int64_t rep = l.sharing(), width = l.width;
    float_buffer keys = zeros_of(width * columns.total), values = zeros_of(columns.total * width);
    float_buffer queries = zeros_of(rep * query_tile::most * width), result = queries;
    float_buffer scores = zeros_of(rep * query_tile::most * columns.total);
    const auto run = [&](const segment& own, std::int64_t context, std::int64_t column) {
        const float* const rows = qkv + own.begin * l.row();
        gather_columns(rows + l.key(head), l.row(), own.size, width, keys.data() + column, columns.total);
        gather_rows(rows + l.value(head), l.row(), own.size, width, 1.0F, values.data() + column * width);
        for_each_tile(own, context, column, [&](const query_tile& tile) {
            for (std::int64_t r = 0; r < rep; ++r)
                gather_rows(qkv + tile.token(0) * l.row() + l.query(head * rep + r), l.row(), tile.size, width,
                            l.scale(), queries.data() + r * tile.size * width);
            const std::int64_t count = rep * tile.size;
            small_product(count, whole_vectors(tile.end()), width, {queries.data(), width, 1}, keys.data(),
                          columns.total, scores.data(), columns.total, false);
            for (std::int64_t n = 0; n < count; ++n) {
                const std::int64_t i = n % tile.size, query_head = head * rep + n / tile.size;
                float* const row = scores.data() + n * columns.total;
                sums[tile.token(i) * l.heads + query_head] = softmax_over(row, tile.seen(i));
                tile.hide(row, i, tile.end());
            }
            small_product(count, width, tile.end(), {scores.data(), columns.total, 1}, values.data(), width,
                          result.data(), width, false);
            for (std::int64_t n = 0; n < count; ++n) {
                Out* const to = out + (tile.token(n % tile.size) * l.heads + head * rep + n / tile.size) * width;
                for (std::int64_t i = 0; i < width; ++i) to[i] = static_cast<Out>(result[n * width + i]);
            }
        });
    };
    run(tree.trunk, 0, 0);
    for (const segment& branch : tree.branches) run(branch, tree.trunk.size, columns.own);
}

/// The gradient [T, H + 2Hk, d] of one tree's queries, keys and values for one key head. With probabilities p, their
/// gradient g and s = sum(p g): scores get p (g - s).
template <class Out>
void tree_attention_backward_task(const float* qkv, const head_layout& l, const token_tree& tree, std::int64_t head,
                                  const Out* g_out, const float* sums, float* g_qkv) {
    const tree_columns columns{tree};
    const std::int64_t rep = l.sharing(), width = l.width, most = rep * query_tile::most;
    float_buffer keys = zeros_of(columns.total * width), g_keys = keys, g_values = keys;
    float_buffer keys_across = keys, values_across = keys;  // [d, columns]
    float_buffer queries = zeros_of(most * width), g_result = queries, g_queries = queries;
    float_buffer p = zeros_of(most * columns.total), g = p;
    const auto run = [&](const segment& own, std::int64_t context, std::int64_t column) {
        const float* const rows = qkv + own.begin * l.row();
        gather_rows(rows + l.key(head), l.row(), own.size, width, 1.0F, keys.data() + column * width);
        gather_columns(rows + l.key(head), l.row(), own.size, width, keys_across.data() + column, columns.total);
        gather_columns(rows + l.value(head), l.row(), own.size, width, values_across.data() + column, columns.total);
        for_each_tile(own, context, column, [&](const query_tile& tile) {
            const std::int64_t count = rep * tile.size, end = tile.end();
            for (std::int64_t r = 0; r < rep; ++r) {
                gather_rows(qkv + tile.token(0) * l.row() + l.query(head * rep + r), l.row(), tile.size, width,
                            l.scale(), queries.data() + r * tile.size * width);
                gather_rows(g_out + (tile.token(0) * l.heads + head * rep + r) * width, l.heads * width, tile.size,
                            width, 1.0F, g_result.data() + r * tile.size * width);
            }
            small_product(count, whole_vectors(end), width, {queries.data(), width, 1}, keys_across.data(),
                          columns.total, p.data(), columns.total, false);
            small_product(count, whole_vectors(end), width, {g_result.data(), width, 1}, values_across.data(),
                          columns.total, g.data(), columns.total, false);
            for (std::int64_t n = 0; n < count; ++n) {
                const std::int64_t i = n % tile.size;
                float *const pn = p.data() + n * columns.total, *const gn = g.data() + n * columns.total;
                const float sum = sums[tile.token(i) * l.heads + head * rep + n / tile.size];
                for (std::int64_t c = 0; c < end; ++c) pn[c] = fast_exp(pn[c] - sum);
                tile.hide(pn, i, end);
                const float mean = lane_sum(end, [=](std::int64_t c) { return pn[c] * gn[c]; });
                for (std::int64_t c = 0; c < end; ++c) gn[c] = pn[c] * (gn[c] - mean);
            }
            small_product(end, width, count, {p.data(), 1, columns.total}, g_result.data(), width, g_values.data(),
                          width, true);
            small_product(end, width, count, {g.data(), 1, columns.total}, queries.data(), width, g_keys.data(), width,
                          true);
            small_product(count, width, end, {g.data(), columns.total, 1}, keys.data(), width, g_queries.data(), width,
                          false);
            for (std::int64_t n = 0; n < count; ++n) {
                float* const to = g_qkv + tile.token(n % tile.size) * l.row() + l.query(head * rep + n / tile.size);
                for (std::int64_t i = 0; i < width; ++i) to[i] = l.scale() * g_queries[n * width + i];
            }
        });
    };
    const auto write = [&](const segment& own, std::int64_t column) {
        for (std::int64_t t = 0; t < own.size; ++t) {
            float* const to = g_qkv + (own.begin + t) * l.row();
            std::copy_n(g_keys.data() + (column + t) * width, width, to + l.key(head));
            std::copy_n(g_values.data() + (column + t) * width, width, to + l.value(head));
        }
    };
    run(tree.trunk, 0, 0);
    for (const segment& branch : tree.branches) {
        std::fill(g_keys.begin() + columns.own * width, g_keys.end(), 0.0F);
        std::fill(g_values.begin() + columns.own * width, g_values.end(), 0.0F);
        run(branch, tree.trunk.size, columns.own);
        write(branch, columns.own);
    }
    write(tree.trunk, 0);
}

}  // namespace aha::detail
