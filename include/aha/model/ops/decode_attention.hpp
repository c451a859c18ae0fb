#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/softmax.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <aha/core/fast_exp.hpp>
#include <aha/core/lanes.hpp>

namespace aha {

/// Keys and values of one layer while a batch of completions grows. What all prompts begin with is held once, a prompt's
/// rest once however many completions it has; each completion has room for its own.
struct key_value_cache {
    at::Tensor prefix_keys;                 ///< [C, Hk, d], C may be 0
    at::Tensor prefix_values;               ///< [C, Hk, d]
    std::vector<at::Tensor> prompt_keys;    ///< a prompt each: [P, Hk, d]
    std::vector<at::Tensor> prompt_values;  ///< a prompt each: [P, Hk, d]
    at::Tensor keys;                        ///< [slots, Hk, capacity, d]
    at::Tensor values;                      ///< [slots, Hk, capacity, d]
};

/// The completions of one decoding step. Completions that end leave these lists; caches are not moved.
struct decode_batch {
    std::vector<std::int64_t> prompt;  ///< [B] index of the row's prompt; rows of a prompt are adjacent
    std::vector<std::int64_t> slot;    ///< [B] the row's place in the caches
    at::Tensor slots;                  ///< [B] int64, `slot` on the device
    at::Tensor positions;              ///< [B] int64, position of the token of this step
    std::int64_t step = 0;             ///< own tokens before this one, the same for all rows
};

namespace detail {

/// What one query sees: `size` rows of width d, `stride` floats apart.
struct seen_rows {
    const float* keys;
    const float* values;
    std::int64_t size;
    std::int64_t stride;
};

/// Attention of `rep` queries that share a key head to three stretches of keys. `scratch` holds rep * (all keys) floats.
inline void attend(const float* queries, float* out, std::int64_t rep, std::int64_t width,
                   const std::array<seen_rows, 3>& seen, float* scratch, float scale) {
    const std::int64_t keys = seen[0].size + seen[1].size + seen[2].size;
    std::int64_t at = 0;
    for (const seen_rows& part : seen)
        for (std::int64_t n = 0; n < part.size; ++n, ++at) {
            const float* key = part.keys + n * part.stride;
            for (std::int64_t r = 0; r < rep; ++r) {
                const float* query = queries + r * width;
                scratch[r * keys + at] = scale * lane_sum(width, [=](std::int64_t i) { return query[i] * key[i]; });
            }
        }
    for (std::int64_t r = 0; r < rep; ++r) {
        float* row = scratch + r * keys;
        const float top = lane_max(keys, [row](std::int64_t i) { return row[i]; });
        for (std::int64_t i = 0; i < keys; ++i) row[i] = fast_exp(row[i] - top);
        const float normaliser = 1.0F / lane_sum(keys, [row](std::int64_t i) { return row[i]; });
        for (std::int64_t i = 0; i < keys; ++i) row[i] *= normaliser;
    }
    std::fill(out, out + rep * width, 0.0F);
    at = 0;
    for (const seen_rows& part : seen)
        for (std::int64_t n = 0; n < part.size; ++n, ++at) {
            const float* value = part.values + n * part.stride;
            for (std::int64_t r = 0; r < rep; ++r) {
                const float p = scratch[r * keys + at];
                float* to = out + r * width;
                for (std::int64_t i = 0; i < width; ++i) to[i] += p * value[i];
            }
        }
}

inline at::Tensor decode_attention_cpu(const at::Tensor& q, const key_value_cache& cache, const decode_batch& batch) {
    const std::int64_t length = batch.step + 1;
    const std::int64_t rows = q.size(0), heads = q.size(1), width = q.size(2), key_heads = cache.keys.size(1);
    const std::int64_t rep = heads / key_heads, capacity = cache.keys.size(2);
    const float scale = 1.0F / std::sqrt(static_cast<float>(width));
    const std::int64_t prefix = cache.prefix_keys.size(0);
    std::int64_t longest = 0;
    for (const at::Tensor& prompt : cache.prompt_keys) longest = std::max(longest, prefix + prompt.size(0));
    at::Tensor out = at::empty_like(q);
    const float* queries = q.const_data_ptr<float>();
    const float *keys = cache.keys.const_data_ptr<float>(), *values = cache.values.const_data_ptr<float>();
    float* result = out.mutable_data_ptr<float>();
    at::parallel_for(0, rows * key_heads, 4, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> scratch(static_cast<std::size_t>(rep * (longest + length)));
        for (std::int64_t task = begin; task < end; ++task) {
            const std::int64_t row = task / key_heads, head = task % key_heads;
            const auto prompt = static_cast<std::size_t>(batch.prompt[static_cast<std::size_t>(row)]);
            const std::int64_t own = (batch.slot[static_cast<std::size_t>(row)] * key_heads + head) * capacity * width;
            const auto part = [&](const at::Tensor& k, const at::Tensor& v) {
                return seen_rows{k.const_data_ptr<float>() + head * width, v.const_data_ptr<float>() + head * width,
                                 k.size(0), key_heads * width};
            };
            const std::array<seen_rows, 3> seen{part(cache.prefix_keys, cache.prefix_values),
                                                part(cache.prompt_keys[prompt], cache.prompt_values[prompt]),
                                                seen_rows{keys + own, values + own, length, width}};
            const std::int64_t first = (row * heads + head * rep) * width;
            attend(queries + first, result + first, rep, width, seen, scratch.data(), scale);
        }
    });
    return out;
}

inline at::Tensor decode_attention_any(const at::Tensor& q, const key_value_cache& cache, const decode_batch& batch) {
    const std::int64_t length = batch.step + 1;
    const std::int64_t heads = q.size(1), width = q.size(2), key_heads = cache.keys.size(1), rep = heads / key_heads;
    const double scale = 1.0 / std::sqrt(static_cast<double>(width));
    std::vector<at::Tensor> outs;
    for (std::int64_t row = 0; row < q.size(0);) {
        const std::int64_t prompt = batch.prompt[static_cast<std::size_t>(row)];
        std::int64_t n = 1;
        while (row + n < q.size(0) && batch.prompt[static_cast<std::size_t>(row + n)] == prompt) ++n;
        const auto p = static_cast<std::size_t>(prompt);
        const at::Tensor trunk_keys = at::cat({cache.prefix_keys, cache.prompt_keys[p]}, 0);  // [C + P, Hk, d]
        const at::Tensor trunk_values = at::cat({cache.prefix_values, cache.prompt_values[p]}, 0);
        const std::int64_t context = trunk_keys.size(0);
        const at::Tensor mine = q.narrow(0, row, n).view({n, key_heads, rep, width}) * scale;
        const at::Tensor shared = mine.permute({1, 0, 2, 3}).reshape({key_heads, n * rep, width});
        const at::Tensor own = mine.view({n * key_heads, rep, width});
        const auto slice = [&](const at::Tensor& all) {
            return all.narrow(2, 0, length)
                .index_select(0, batch.slots.narrow(0, row, n))
                .reshape({n * key_heads, length, width});
        };
        const at::Tensor to_trunk = at::bmm(shared, trunk_keys.permute({1, 2, 0}))
                                        .view({key_heads, n, rep, context})
                                        .permute({1, 0, 2, 3})
                                        .reshape({n * key_heads, rep, context});
        const at::Tensor to_own = at::bmm(own, slice(cache.keys).transpose(1, 2));
        const at::Tensor weights = at::softmax(at::cat({to_trunk, to_own}, 2), -1);
        const at::Tensor on_trunk = weights.narrow(2, 0, context)
                                        .view({n, key_heads, rep, context})
                                        .permute({1, 0, 2, 3})
                                        .reshape({key_heads, n * rep, context});
        const at::Tensor from_trunk = at::bmm(on_trunk, trunk_values.permute({1, 0, 2}))
                                          .view({key_heads, n, rep, width})
                                          .permute({1, 0, 2, 3})
                                          .reshape({n * key_heads, rep, width});
        const at::Tensor from_own = at::bmm(weights.narrow(2, context, length), slice(cache.values));
        outs.push_back((from_trunk + from_own).view({n, heads, width}));
        row += n;
    }
    return at::cat(outs, 0);
}

}  // namespace detail

/// One decoding step of grouped-query attention: each row sees its prompt's trunk and its own keys up to this step.
/// @param q [B, H, d] float32, contiguous
/// @return [B, H, d] float32
inline at::Tensor decode_attention(const at::Tensor& q, const key_value_cache& cache, const decode_batch& batch) {
    return q.is_cpu() ? detail::decode_attention_cpu(q, cache, batch) : detail::decode_attention_any(q, cache, batch);
}

}  // namespace aha
