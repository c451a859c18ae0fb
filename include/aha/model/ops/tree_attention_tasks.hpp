#pragma once

#include <ATen/Parallel.h>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/kernels/small_product.hpp>
#include <aha/model/ops/attention_rows.hpp>

/// Attention over packed trees on the CPU, forward and backward. A task is one part of a tree and one key head. The
/// keys and values of a path are laid out one segment after another, and those of the branch at hand at their end,
/// where another branch takes their place in turn: a query sees one matrix of keys.
namespace aha::detail {

/// Where the keys of a tree's segments are for one key head: each segment after its parent, in whole vectors.
class tree_columns {
public:
    explicit tree_columns(const token_tree& tree) : tree_{tree}, total_{whole_vectors(tree.trunk.size)} {
        for (std::size_t n = 0; n < tree.branches.size(); ++n) {
            first_.push_back(end_of(tree.parent(n)));
            total_ = std::max(total_, end_of(static_cast<std::int64_t>(n)));
        }
    }

    /// First column of branch `n`, or of the trunk (-1).
    std::int64_t first(std::int64_t n) const { return n < 0 ? 0 : first_[static_cast<std::size_t>(n)]; }
    std::int64_t total() const { return total_; }  ///< columns of the longest path

    /// The columns of all that branch `n` sees before itself.
    std::vector<score_range> context(std::int64_t n) const {
        std::vector<score_range> seen;
        for (std::int64_t at = n; at >= 0;) {
            at = tree_.parent(static_cast<std::size_t>(at));
            seen.push_back({first(at), first(at) + own(at).size});
        }
        std::ranges::reverse(seen);
        return seen;
    }
    /// Branch `n`, or the trunk (-1).
    const segment& own(std::int64_t n) const {
        return n < 0 ? tree_.trunk : tree_.branches[static_cast<std::size_t>(n)];
    }

private:
    std::int64_t end_of(std::int64_t n) const { return first(n) + whole_vectors(own(n).size); }

    const token_tree& tree_;
    std::vector<std::int64_t> first_;
    std::int64_t total_;
};

/// A part of a tree: branches [begin, end) that continue the trunk and what continues these, with the trunk itself if
/// `begin` is -1. Parts are computed at once, so that one large tree occupies all threads. They depend on the trees
/// alone, and so do results.
struct tree_part {
    const token_tree* tree = nullptr;
    std::int64_t begin = -1, end = 0;
    std::int64_t number = 0;  ///< of this part among those of its tree
    std::int64_t parts = 1;   ///< of its tree
};

inline std::vector<tree_part> parts_of(const std::vector<token_tree>& trees) {
    constexpr std::int64_t most_parts = 8, fewest_scores = 1 << 15;
    std::vector<tree_part> parts;
    for (const token_tree& tree : trees) {
        const std::int64_t count = std::ssize(tree.branches);
        std::vector<std::int64_t> scores{tree.trunk.size * tree.trunk.size / 2};  // of the trunk, then up to a branch
        std::vector<std::int64_t> before;
        for (std::int64_t n = 0; n < count; ++n) {
            const std::int64_t up = tree.parent(static_cast<std::size_t>(n));
            before.push_back(up < 0 ? tree.trunk.size : before[up] + tree.branches[up].size);
            const std::int64_t own = tree.branches[n].size;
            scores.push_back(scores.back() + own * (before.back() + own / 2));
        }
        const std::int64_t goal = std::max(scores.back() / most_parts, fewest_scores);
        const std::size_t first = parts.size();
        std::int64_t begin = -1, done = 0;
        for (std::int64_t n = 1; n < count; ++n)
            if (tree.parent(static_cast<std::size_t>(n)) < 0 && scores[n] - done >= goal) {
                parts.push_back({&tree, begin, n, std::ssize(parts) - static_cast<std::int64_t>(first)});
                begin = n, done = scores[n];
            }
        parts.push_back({&tree, begin, count, std::ssize(parts) - static_cast<std::int64_t>(first)});
        for (std::size_t n = first; n < parts.size(); ++n)
            parts[n].parts = std::ssize(parts) - static_cast<std::int64_t>(first);
    }
    return parts;
}

/// A tile of queries: positions [from, from + size) of a segment, for every head that shares the key head.
struct query_tile {
    segment own;                       ///< what the queries belong to
    std::span<score_range> seen_last;  ///< the columns that all of them see, then room for those of their own segment
    std::int64_t column;               ///< of the segment's first key
    std::int64_t from, size;
    static constexpr std::int64_t most = 16;

    std::int64_t token(std::int64_t i) const { return own.begin + from + i; }
    std::int64_t end() const { return column + from + size; }  ///< past the last column that any query sees
    std::span<const score_range> seen(std::int64_t i) const {
        seen_last.back() = {column, column + from + i + 1};
        return seen_last;
    }
    /// Sets what query `i` does not see, up to `width`, to 0.
    void hide(float* row, std::int64_t i, std::int64_t width) const {
        std::int64_t shown = 0;
        for (const score_range& s : seen(i)) {
            if (s.begin > shown) std::fill(row + shown, row + s.begin, 0.0F);
            shown = s.end;
        }
        std::fill(row + shown, row + width, 0.0F);
    }
};

/// Calls `body` with each tile of branch `n`, or of the trunk (-1).
template <class Body>
void for_each_tile(const tree_columns& columns, std::int64_t n, Body body) {
    std::vector<score_range> seen = columns.context(n);
    seen.push_back({});
    const segment& own = columns.own(n);
    for (std::int64_t from = 0; from < own.size; from += query_tile::most)
        body(query_tile{own, seen, columns.first(n), from, std::min(query_tile::most, own.size - from)});
}

using float_buffer = std::vector<float>;
inline float_buffer zeros_of(std::int64_t size) { return float_buffer(static_cast<std::size_t>(size)); }

/// out[T, H, d] and the log-sums [T, H] of the scores of a part of a tree for one key head.
template <class Out>
void tree_attention_task(const float* qkv, const head_layout& l, const tree_part& part, std::int64_t head, Out* out,
                         float* sums) {
    const tree_columns columns{*part.tree};
    const std::int64_t rep = l.sharing(), width = l.width;
    float_buffer keys = zeros_of(width * columns.total()), values = zeros_of(columns.total() * width);
    float_buffer queries = zeros_of(rep * query_tile::most * width), result = queries;
    float_buffer scores = zeros_of(rep * query_tile::most * columns.total());
    const auto run = [&](std::int64_t branch) {
        const segment& own = columns.own(branch);
        const std::int64_t column = columns.first(branch);
        const float* const rows = qkv + own.begin * l.row();
        gather_columns(rows + l.key(head), l.row(), own.size, width, keys.data() + column, columns.total());
        gather_rows(rows + l.value(head), l.row(), own.size, width, 1.0F, values.data() + column * width);
        if (branch < part.begin) return;
        for_each_tile(columns, branch, [&](const query_tile& tile) {
            for (std::int64_t r = 0; r < rep; ++r)
                gather_rows(qkv + tile.token(0) * l.row() + l.query(head * rep + r), l.row(), tile.size, width,
                            l.scale(), queries.data() + r * tile.size * width);
            const std::int64_t count = rep * tile.size;
            small_product(count, whole_vectors(tile.end()), width, {queries.data(), width, 1}, keys.data(),
                          columns.total(), scores.data(), columns.total(), false);
            for (std::int64_t n = 0; n < count; ++n) {
                const std::int64_t i = n % tile.size, query_head = head * rep + n / tile.size;
                float* const row = scores.data() + n * columns.total();
                sums[tile.token(i) * l.heads + query_head] = softmax_over(row, tile.seen(i));
                tile.hide(row, i, tile.end());
            }
            small_product(count, width, tile.end(), {scores.data(), columns.total(), 1}, values.data(), width,
                          result.data(), width, false);
            for (std::int64_t n = 0; n < count; ++n) {
                Out* const to = out + (tile.token(n % tile.size) * l.heads + head * rep + n / tile.size) * width;
                for (std::int64_t i = 0; i < width; ++i) to[i] = static_cast<Out>(result[n * width + i]);
            }
        });
    };
    run(-1);
    for (std::int64_t n = std::max<std::int64_t>(part.begin, 0); n < part.end; ++n) run(n);
}

/// The gradient [T, H + 2Hk, d] of the queries, keys and values of a part of a tree for one key head. With
/// probabilities p, their gradient g and s = sum(p g): scores get p (g - s).
/// @param trunk what the part adds to the gradient of the trunk's keys and values, [trunk, 2, d], where it is not whole
template <class Out>
void tree_attention_backward_task(const float* qkv, const head_layout& l, const tree_part& part, std::int64_t head,
                                  const Out* g_out, const float* sums, float* g_qkv, float* trunk) {
    const token_tree& tree = *part.tree;
    const tree_columns columns{tree};
    const std::int64_t rep = l.sharing(), width = l.width, most = rep * query_tile::most;
    float_buffer keys = zeros_of(columns.total() * width), g_keys = keys, g_values = keys;
    float_buffer keys_across = keys, values_across = keys;  // [d, columns]
    float_buffer queries = zeros_of(most * width), g_result = queries, g_queries = queries;
    float_buffer p = zeros_of(most * columns.total()), g = p;
    const auto run = [&](std::int64_t branch) {
        const segment& own = columns.own(branch);
        const std::int64_t column = columns.first(branch);
        const float* const rows = qkv + own.begin * l.row();
        gather_rows(rows + l.key(head), l.row(), own.size, width, 1.0F, keys.data() + column * width);
        gather_columns(rows + l.key(head), l.row(), own.size, width, keys_across.data() + column, columns.total());
        gather_columns(rows + l.value(head), l.row(), own.size, width, values_across.data() + column, columns.total());
        if (branch < part.begin) return;
        for_each_tile(columns, branch, [&](const query_tile& tile) {
            const std::int64_t count = rep * tile.size, end = tile.end();
            for (std::int64_t r = 0; r < rep; ++r) {
                gather_rows(qkv + tile.token(0) * l.row() + l.query(head * rep + r), l.row(), tile.size, width,
                            l.scale(), queries.data() + r * tile.size * width);
                gather_rows(g_out + (tile.token(0) * l.heads + head * rep + r) * width, l.heads * width, tile.size,
                            width, 1.0F, g_result.data() + r * tile.size * width);
            }
            small_product(count, whole_vectors(end), width, {queries.data(), width, 1}, keys_across.data(),
                          columns.total(), p.data(), columns.total(), false);
            small_product(count, whole_vectors(end), width, {g_result.data(), width, 1}, values_across.data(),
                          columns.total(), g.data(), columns.total(), false);
            for (std::int64_t n = 0; n < count; ++n) {
                const std::int64_t i = n % tile.size;
                float *const pn = p.data() + n * columns.total(), *const gn = g.data() + n * columns.total();
                const float sum = sums[tile.token(i) * l.heads + head * rep + n / tile.size];
                for (std::int64_t c = 0; c < end; ++c) pn[c] = fast_exp(pn[c] - sum);
                tile.hide(pn, i, end);
                const float mean = lane_sum(end, [=](std::int64_t c) { return pn[c] * gn[c]; });
                for (std::int64_t c = 0; c < end; ++c) gn[c] = pn[c] * (gn[c] - mean);
            }
            small_product(end, width, count, {p.data(), 1, columns.total()}, g_result.data(), width, g_values.data(),
                          width, true);
            small_product(end, width, count, {g.data(), 1, columns.total()}, queries.data(), width, g_keys.data(),
                          width, true);
            small_product(count, width, end, {g.data(), columns.total(), 1}, keys.data(), width, g_queries.data(),
                          width, false);
            for (std::int64_t n = 0; n < count; ++n) {
                float* const to = g_qkv + tile.token(n % tile.size) * l.row() + l.query(head * rep + n / tile.size);
                for (std::int64_t i = 0; i < width; ++i) to[i] = l.scale() * g_queries[n * width + i];
            }
        });
    };
    const auto write = [&](std::int64_t branch) {
        const segment& own = columns.own(branch);
        const bool is_partial = branch < 0 && part.parts > 1;
        for (std::int64_t t = 0; t < own.size; ++t) {
            float* const to = is_partial ? trunk + 2 * t * width : g_qkv + (own.begin + t) * l.row();
            std::copy_n(g_keys.data() + (columns.first(branch) + t) * width, width,
                        to + (is_partial ? 0 : l.key(head)));
            std::copy_n(g_values.data() + (columns.first(branch) + t) * width, width,
                        to + (is_partial ? width : l.value(head)));
        }
    };
    // A segment's gradient is whole when all that continue it are done: the path holds those that are not.
    std::vector<std::int64_t> path;
    const auto end_paths_before = [&](std::int64_t next_parent) {
        while (!path.empty() && path.back() != next_parent) write(path.back()), path.pop_back();
    };
    for (std::int64_t n = -1; n < part.end; n = std::max(n + 1, n < 0 ? part.begin : 0)) {
        if (n >= 0) end_paths_before(tree.parent(static_cast<std::size_t>(n)));
        const auto begin = columns.first(n) * width, end = begin + whole_vectors(columns.own(n).size) * width;
        std::fill(g_keys.begin() + begin, g_keys.begin() + end, 0.0F);
        std::fill(g_values.begin() + begin, g_values.begin() + end, 0.0F);
        run(n);
        path.push_back(n);
    }
    end_paths_before(-2);
}

/// The gradients of the trunks of trees that are cut into parts: what each part adds, [2, d] a token, part after part
/// and head after head.
class trunk_gradients {
public:
    trunk_gradients(const std::vector<tree_part>& parts, const head_layout& l) : parts_{parts}, l_{l} {
        for (const tree_part& part : parts) {
            first_.push_back(size_);
            if (part.parts > 1) size_ += l.key_heads * head_size(part);
        }
        values_.reset(new float[static_cast<std::size_t>(size_)]);
    }

    /// Where part `n` writes its own.
    float* of(std::int64_t n, std::int64_t head) {
        return values_.get() + first_[static_cast<std::size_t>(n)] +
               head * head_size(parts_[static_cast<std::size_t>(n)]);
    }

    /// Adds them up, in the order of the parts.
    void add_up(float* g_qkv) {
        for (std::size_t n = 0; n < parts_.size(); n += static_cast<std::size_t>(parts_[n].parts)) {
            const tree_part& part = parts_[n];
            if (part.parts == 1) continue;
            at::parallel_for(0, part.tree->trunk.size * l_.key_heads, 16, [&](std::int64_t begin, std::int64_t end) {
                for (; begin < end; ++begin) add_up(n, begin / l_.key_heads, begin % l_.key_heads, g_qkv);
            });
        }
    }

private:
    std::int64_t head_size(const tree_part& part) const { return part.tree->trunk.size * 2 * l_.width; }

    void add_up(std::size_t first, std::int64_t token, std::int64_t head, float* g_qkv) {
        const tree_part& whole = parts_[first];
        float* const row = g_qkv + (whole.tree->trunk.begin + token) * l_.row();
        for (std::int64_t p = 0; p < whole.parts; ++p) {
            const float* const from = of(static_cast<std::int64_t>(first) + p, head) + token * 2 * l_.width;
            float *const key = row + l_.key(head), *const value = row + l_.value(head);
            for (std::int64_t i = 0; i < l_.width; ++i) {
                key[i] = (p == 0 ? 0.0F : key[i]) + from[i];
                value[i] = (p == 0 ? 0.0F : value[i]) + from[l_.width + i];
            }
        }
    }

    const std::vector<tree_part>& parts_;
    head_layout l_;
    std::vector<std::int64_t> first_;
    std::int64_t size_ = 0;
    std::unique_ptr<float[]> values_;
};

}  // namespace aha::detail
