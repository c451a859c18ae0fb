#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cstdint>

#include <aha/core/error.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/append_rows.cuh>
#include <aha/kernels/attend_chunks.cuh>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/with_type.hpp>
#include <aha/model/ops/rotary.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// What a decoding step reads of its rows, in memory that stays where it is from step to step, so that a step can be
/// recorded once and repeated.
struct static_rows {
    at::Tensor positions;        ///< [B] int64, of the token of this step
    at::Tensor slots;            ///< [B] int64, the row's place in the cache
    at::Tensor own;              ///< [B] int64, own tokens in the cache before this step
    at::Tensor alive;            ///< [B] uint8, 0: the place is empty
    at::Tensor stretches;        ///< [S, 5] int64, `shared_kv_range`
    at::Tensor seen;             ///< [B, 6] int64, `row_kv_ranges`
    std::int64_t prompt_chunks;  ///< most chunks of a shared stretch
    std::int64_t own_chunks;     ///< most chunks of a row's own tokens

    /// Results that a row and head has room for: those of two shared stretches and of its own tokens.
    std::int64_t parts() const { return 2 * prompt_chunks + own_chunks; }
};

/// Keys and values of one layer for `static_rows`.
struct static_cache {
    at::Tensor prompt_keys, prompt_values;  ///< [tokens, Hk, d] of all prompts that are decoded, one after another
    at::Tensor keys, values;                ///< [slots, capacity, Hk, d] of the completions
};

/// What is applied to a projection before attention.
struct head_transform {
    std::int64_t heads, key_heads, width;  ///< H, Hk, d
    at::Tensor bias;                       ///< [(H + 2 Hk) d] or undefined
    at::Tensor query_norm, key_norm;       ///< [d] or undefined
    double epsilon = 0;                    ///< of the norms
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE

namespace aha::detail::inline AHA_KERNELS_NAMESPACE {

template <class T>
T* data_or_null(const at::Tensor& t) {
    return t.defined() ? t.mutable_data_ptr<T>() : nullptr;
}

}  // namespace aha::detail::inline AHA_KERNELS_NAMESPACE

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// One decoding step of grouped-query attention over static memory: each row's key and value go to the cache, then it
/// sees what several prompts begin with, the rest of its prompt, and its own tokens up to this one. Keys that rows
/// share are read once for all of them. Results of empty places are zero.
/// @param qkv [B, H + 2 Hk, d] compute type, contiguous, without bias, norm or positions
/// @return [B, H, d] in the same type
inline at::Tensor static_attention(const at::Tensor& qkv, const head_transform& heads, const rotary_table& table,
                                   const static_rows& rows, const static_cache& cache) {
    using chunks = attend_chunks<float>;
    const std::int64_t count = qkv.size(0), capacity = cache.keys.size(1), parts = rows.parts();
    const at::Device device = qkv.device();
    require(heads.heads / heads.key_heads <= chunks::most_queries, heads.heads, " query heads over ", heads.key_heads,
            " key heads: more than ", chunks::most_queries, " queries a key");
    const auto wide = qkv.options().dtype(at::kFloat);
    const at::Tensor queries = at::empty({count, heads.heads, heads.width}, wide);
    const at::Tensor part_out = at::empty({count, heads.heads, parts, heads.width}, wide);
    const at::Tensor part_sums = at::empty({count, heads.heads, parts, 2}, wide);
    const at::Tensor out = at::empty({count, heads.heads, heads.width}, qkv.options());
    const auto* const own = rows.own.const_data_ptr<std::int64_t>();
    const auto* const alive = rows.alive.const_data_ptr<std::uint8_t>();
    const auto* const slots = rows.slots.const_data_ptr<std::int64_t>();
    detail::with_type(qkv.scalar_type(), [&]<class T>(T*) {
        launch(append_rows<T, T>{.qkv = qkv.const_data_ptr<T>(),
                                 .heads = heads.heads,
                                 .key_heads = heads.key_heads,
                                 .width = heads.width,
                                 .bias = detail::data_or_null<float>(heads.bias),
                                 .query_norm = detail::data_or_null<float>(heads.query_norm),
                                 .key_norm = detail::data_or_null<float>(heads.key_norm),
                                 .epsilon = static_cast<float>(heads.epsilon),
                                 .scale = 1.0F / std::sqrt(static_cast<float>(heads.width)),
                                 .cosine = table.all().cosine.const_data_ptr<float>(),
                                 .sine = table.all().sine.const_data_ptr<float>(),
                                 .positions = rows.positions.const_data_ptr<std::int64_t>(),
                                 .slots = slots,
                                 .own = own,
                                 .capacity = capacity,
                                 .alive = alive,
                                 .queries = queries.mutable_data_ptr<float>(),
                                 .keys = cache.keys.mutable_data_ptr<T>(),
                                 .values = cache.values.mutable_data_ptr<T>()},
               count * (heads.heads + 2 * heads.key_heads), device);
        attend_chunks<T> attend{
            .queries = queries.const_data_ptr<float>(),
            .heads = heads.heads,
            .key_heads = heads.key_heads,
            .width = heads.width,
            .keys = cache.prompt_keys.const_data_ptr<T>(),
            .values = cache.prompt_values.const_data_ptr<T>(),
            .stretches = reinterpret_cast<const shared_kv_range*>(rows.stretches.const_data_ptr<std::int64_t>()),
            .slots = slots,
            .own = own,
            .alive = alive,
            .capacity = capacity,
            .own_first_part = 2 * rows.prompt_chunks,
            .chunks = rows.prompt_chunks,
            .parts = parts,
            .part_out = part_out.mutable_data_ptr<float>(),
            .part_sums = part_sums.mutable_data_ptr<float>()};
        launch(attend, rows.stretches.size(0) * heads.key_heads * attend.chunks, device);
        attend.keys = cache.keys.const_data_ptr<T>();
        attend.values = cache.values.const_data_ptr<T>();
        attend.stretches = nullptr;
        attend.chunks = rows.own_chunks;
        launch(attend, count * heads.key_heads * attend.chunks, device);
        launch(join_chunks<T>{.part_out = part_out.const_data_ptr<float>(),
                              .part_sums = part_sums.const_data_ptr<float>(),
                              .heads = heads.heads,
                              .width = heads.width,
                              .parts = parts,
                              .chunk = chunks::chunk,
                              .rows = reinterpret_cast<const row_kv_ranges*>(rows.seen.const_data_ptr<std::int64_t>()),
                              .own = own,
                              .alive = alive,
                              .out = out.mutable_data_ptr<T>()},
               count, device);
    });
    return out;
}

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
