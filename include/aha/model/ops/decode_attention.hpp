#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <aha/kernels/parallel_tasks.hpp>
#include <aha/kernels/small_product.hpp>
#include <aha/kernels/with_type.hpp>
#include <aha/model/ops/attention_rows.hpp>
#include <aha/model/ops/key_value_cache.hpp>

namespace aha {
namespace detail {

/// Rows of one prompt that are attended together: what they share is multiplied with all of their queries at once.
struct decode_rows {
    std::int64_t first, past;
    static constexpr std::int64_t most = 16;
};

/// A row's key and value go to the caches, for one key head.
inline void remember(const float* qkv, const head_layout& l, const key_value_cache& cache, const decode_batch& batch,
                     std::int64_t row, std::int64_t head) {
    const std::int64_t width = l.width, capacity = cache.keys.size(3), at = batch.own[static_cast<std::size_t>(row)];
    const std::int64_t place = (batch.slot[static_cast<std::size_t>(row)] * l.key_heads + head) * capacity * width;
    gather_columns(qkv + row * l.row() + l.key(head), l.row(), 1, width,
                   cache.keys.mutable_data_ptr<float>() + place + at, capacity);
    std::copy_n(qkv + row * l.row() + l.value(head), width,
                cache.values.mutable_data_ptr<float>() + place + at * width);
}

/// A step of the completions `rows` for one key head: their keys and values go to the caches, their results to `out`.
template <class Out>
void decode_attention_task(const float* qkv, const head_layout& l, const key_value_cache& cache,
                           const decode_batch& batch, const decode_rows& rows, std::int64_t head, Out* out) {
    const auto first = static_cast<std::size_t>(rows.first);
    const shared_keys& prefix = cache.prefixes[static_cast<std::size_t>(batch.prefix[first])];
    const shared_keys& prompt = cache.prompts[static_cast<std::size_t>(batch.prompt[first])];
    const std::int64_t rep = l.sharing(), width = l.width, count = (rows.past - rows.first) * rep;
    const std::int64_t length = batch.own[first] + 1, capacity = cache.keys.size(3);
    const std::int64_t at_prompt = whole_vectors(prefix.size), at_own = at_prompt + whole_vectors(prompt.size);
    const std::int64_t columns = at_own + whole_vectors(length);
    std::vector<float> queries(static_cast<std::size_t>(count * width)), result = queries;
    std::vector<float> scores(static_cast<std::size_t>(count * columns));
    for (std::int64_t row = rows.first; row < rows.past; ++row)
        gather_rows(qkv + row * l.row() + l.query(head * rep), width, rep, width, l.scale(),
                    queries.data() + (row - rows.first) * rep * width);

    const auto score = [&](const shared_keys& shared, std::int64_t column) {
        if (shared.size == 0) return;
        const std::int64_t extent = shared.keys.size(2);
        small_product(count, extent, width, {queries.data(), width, 1},
                      shared.keys.const_data_ptr<float>() + head * width * extent, extent, scores.data() + column,
                      columns, false);
    };
    score(prefix, 0);
    score(prompt, at_prompt);
    const auto own_place = [&](std::int64_t row) {
        return (batch.slot[static_cast<std::size_t>(row)] * l.key_heads + head) * capacity * width;
    };
    for (std::int64_t row = rows.first; row < rows.past; ++row) {
        const float* const keys = cache.keys.const_data_ptr<float>() + own_place(row);
        if (!batch.several) remember(qkv, l, cache, batch, row, head);
        const std::int64_t at = (row - rows.first) * rep;
        small_product(rep, whole_vectors(length), width, {queries.data() + at * width, width, 1}, keys, capacity,
                      scores.data() + at * columns + at_own, columns, false);
    }
    const std::array<score_range, 3> seen{
        {{0, prefix.size}, {at_prompt, at_prompt + prompt.size}, {at_own, at_own + length}}};
    for (std::int64_t n = 0; n < count; ++n) softmax_over(scores.data() + n * columns, seen);

    const auto gather = [&](const shared_keys& shared, std::int64_t column) {
        if (shared.size == 0) return;
        small_product(count, width, shared.size, {scores.data() + column, columns, 1},
                      shared.values.const_data_ptr<float>() + head * shared.size * width, width, result.data(), width,
                      true);
    };
    gather(prefix, 0);
    gather(prompt, at_prompt);
    for (std::int64_t row = rows.first; row < rows.past; ++row) {
        const std::int64_t at = (row - rows.first) * rep;
        small_product(rep, width, length, {scores.data() + at * columns + at_own, columns, 1},
                      cache.values.const_data_ptr<float>() + own_place(row), width, result.data() + at * width, width,
                      true);
        Out* const to = out + (row * l.heads + head * rep) * width;
        const float* const from = result.data() + at * width;
        for (std::int64_t i = 0; i < rep * width; ++i) to[i] = static_cast<Out>(from[i]);
    }
}

inline at::Tensor decode_attention_cpu(const at::Tensor& qkv, const head_layout& l, const key_value_cache& cache,
                                       const decode_batch& batch, at::ScalarType type) {
    std::vector<decode_rows> parts;
    for (std::int64_t row = 0; row < batch.rows(); row = parts.back().past)
        parts.push_back({row, batch.end_of_prompt(row, decode_rows::most)});
    const at::Tensor out = at::empty({qkv.size(0), l.heads, l.width}, qkv.options().dtype(type));
    with_type(type, [&]<class Out>(Out*) {
        const float* const in = qkv.const_data_ptr<float>();
        Out* const to = out.mutable_data_ptr<Out>();
        for (std::int64_t row = 0; batch.several && row < batch.rows(); ++row)  // before a later row of its slot reads
            for (std::int64_t head = 0; head < l.key_heads; ++head) remember(in, l, cache, batch, row, head);
        parallel_tasks(std::ssize(parts) * l.key_heads, [&] {
            return [&, in, to](std::int64_t task) {
                decode_attention_task(in, l, cache, batch, parts[static_cast<std::size_t>(task / l.key_heads)],
                                      task % l.key_heads, to);
            };
        });
    });
    return out;
}

/// The kernel's work in LibTorch's operators, for devices other than the CPU.
inline at::Tensor composed_decode_attention(const at::Tensor& qkv, const head_layout& l, const key_value_cache& cache,
                                            const decode_batch& batch) {
    const std::int64_t rep = l.sharing();
    std::vector<at::Tensor> outs;
    for (std::int64_t row = 0, past = 0; row < batch.rows(); row = past) {
        past = batch.end_of_prompt(row, batch.rows());
        const auto first = static_cast<std::size_t>(row);
        const std::int64_t n = past - row, length = batch.own[first] + 1;
        const at::Tensor rows = qkv.narrow(0, row, n);
        const at::Tensor slots =
            at::tensor(at::ArrayRef<std::int64_t>{batch.slot.data() + row, static_cast<std::size_t>(n)}, at::kLong)
                .to(qkv.device());
        cache.keys.select(3, length - 1).index_copy_(0, slots, rows.narrow(1, l.heads, l.key_heads));
        cache.values.select(2, length - 1).index_copy_(0, slots, rows.narrow(1, l.heads + l.key_heads, l.key_heads));
        const at::Tensor mine = rows.narrow(1, 0, l.heads).reshape({n, l.key_heads, rep, l.width}) * l.scale();
        const at::Tensor together = mine.permute({1, 0, 2, 3}).reshape({l.key_heads, n * rep, l.width});
        const auto by_row = [&](const at::Tensor& x) {  // [Hk, n rep, w] -> [n Hk, rep, w]
            return x.view({l.key_heads, n, rep, x.size(2)})
                .permute({1, 0, 2, 3})
                .reshape({n * l.key_heads, rep, x.size(2)});
        };
        std::vector<at::Tensor> scores;
        std::vector<const shared_keys*> shared;
        for (const shared_keys* s : {&cache.prefixes[static_cast<std::size_t>(batch.prefix[first])],
                                     &cache.prompts[static_cast<std::size_t>(batch.prompt[first])]}) {
            if (s->size == 0) continue;
            shared.push_back(s);
            scores.push_back(by_row(at::bmm(together, s->keys.narrow(2, 0, s->size))));
        }
        const at::Tensor own_keys =
            cache.keys.narrow(3, 0, length).index_select(0, slots).reshape({n * l.key_heads, l.width, length});
        const at::Tensor own_values =
            cache.values.narrow(2, 0, length).index_select(0, slots).reshape({n * l.key_heads, length, l.width});
        scores.push_back(at::bmm(mine.view({n * l.key_heads, rep, l.width}), own_keys));
        const at::Tensor p = at::softmax(at::cat(scores, 2), -1);
        std::int64_t column = 0;
        at::Tensor result = at::bmm(p.narrow(2, p.size(2) - length, length), own_values);
        for (const shared_keys* s : shared) {
            const at::Tensor weights = p.narrow(2, column, s->size)
                                           .view({n, l.key_heads, rep, s->size})
                                           .permute({1, 0, 2, 3})
                                           .reshape({l.key_heads, n * rep, s->size});
            result = result + by_row(at::bmm(weights, s->values));
            column += s->size;
        }
        outs.push_back(result.view({n, l.heads, l.width}));
    }
    return at::cat(outs, 0);
}

}  // namespace detail

/// One decoding step of grouped-query attention: each row's key and value are added to its slot in the cache, then it
/// sees its prompt and its own tokens up to this one. The cache has room for the step (`key_value_cache::reserve`).
/// @param qkv [B, H + 2 Hk, d] float32, contiguous, positions already applied
/// @param heads H
/// @param type of the result, float32 or bfloat16
/// @return [B, H, d]
inline at::Tensor decode_attention(const at::Tensor& qkv, std::int64_t heads, const key_value_cache& cache,
                                   const decode_batch& batch, at::ScalarType type = at::kFloat) {
    const detail::head_layout l{heads, (qkv.size(1) - heads) / 2, qkv.size(2)};
    if (qkv.is_cpu()) return detail::decode_attention_cpu(qkv, l, cache, batch, type);
    return detail::composed_decode_attention(qkv, l, cache, batch).to(type);
}

}  // namespace aha
