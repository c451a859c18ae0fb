#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include <aha/core/error.hpp>
#include <aha/pretrained/gguf.hpp>
#include <aha/pretrained/gguf_blocks.hpp>
#include <aha/pretrained/gguf_code_book_blocks.hpp>
#include <aha/pretrained/gguf_k_blocks.hpp>
#include <aha/pretrained/gguf_table_blocks.hpp>
#include <aha/pretrained/gguf_types.hpp>

namespace aha {

namespace detail {

template <void (*Expand)(const std::uint8_t*, float*)>
void expand_blocks(std::span<const std::byte> in, const gguf_type& type, float* out) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(in.data());
    const auto blocks = static_cast<std::int64_t>(in.size() / type.bytes);
    at::parallel_for(0, blocks, std::max<std::int64_t>(1, 32768 / type.elements),
                     [&](std::int64_t from, std::int64_t to) {
                         for (std::int64_t b = from; b < to; ++b)
                             Expand(bytes + b * type.bytes, out + b * type.elements);
                     });
}

using block_expander = void (*)(std::span<const std::byte>, const gguf_type&, float*);

/// What expands blocks of the type with the number `id`, or null.
inline block_expander expander_of(std::uint32_t id) {
    switch (id) {
        case 1: return expand_blocks<expand_f16>;
        case 2: return expand_blocks<expand_q4_0>;
        case 3: return expand_blocks<expand_q4_1>;
        case 6: return expand_blocks<expand_q5_0>;
        case 7: return expand_blocks<expand_q5_1>;
        case 8: return expand_blocks<expand_q8_0>;
        case 10: return expand_blocks<expand_q2_k>;
        case 11: return expand_blocks<expand_q3_k>;
        case 12: return expand_blocks<expand_q4_k>;
        case 13: return expand_blocks<expand_q5_k>;
        case 14: return expand_blocks<expand_q6_k>;
        case 16: return expand_blocks<expand_iq2_xxs>;
        case 17: return expand_blocks<expand_iq2_xs>;
        case 18: return expand_blocks<expand_iq3_xxs>;
        case 19: return expand_blocks<expand_iq1_s>;
        case 20: return expand_blocks<expand_iq4_nl>;
        case 21: return expand_blocks<expand_iq3_s>;
        case 22: return expand_blocks<expand_iq2_s>;
        case 23: return expand_blocks<expand_iq4_xs>;
        case 24: return expand_blocks<expand_plain<std::int8_t>>;
        case 25: return expand_blocks<expand_plain<std::int16_t>>;
        case 26: return expand_blocks<expand_plain<std::int32_t>>;
        case 27: return expand_blocks<expand_plain<std::int64_t>>;
        case 28: return expand_blocks<expand_plain<double>>;
        case 29: return expand_blocks<expand_iq1_m>;
        case 30: return expand_blocks<expand_bf16>;
        case 34: return expand_blocks<expand_tq1_0>;
        case 35: return expand_blocks<expand_tq2_0>;
        case 39: return expand_blocks<expand_mxfp4>;
        case 40: return expand_blocks<expand_nvfp4>;
        case 41: return expand_blocks<expand_q1_0>;
        case 42: return expand_blocks<expand_q2_0>;
        default: return nullptr;
    }
}

}  // namespace detail

/// The numbers that `in` (whole blocks of `type`) stands for, as float32 [N]; those of wider types are rounded. Throws
/// `aha::error` for part of a block, or a type that is none of `gguf_types`.
inline at::Tensor dequantize(std::span<const std::byte> in, const gguf_type& type) {
    require(type.bytes > 0 && in.size() % type.bytes == 0, in.size(), " bytes are no whole number of ", type.name,
            " blocks");
    const at::Tensor result =
        at::empty({static_cast<std::int64_t>(in.size() / type.bytes * type.elements)}, at::kFloat);
    float* const out = result.mutable_data_ptr<float>();
    if (in.empty()) return result;
    if (type.id == 0) {
        std::memcpy(out, in.data(), in.size());
        return result;
    }
    const detail::block_expander expand = detail::expander_of(type.id);
    require(expand != nullptr, "the GGUF type ", type.name, " cannot be expanded");
    expand(in, type, out);
    return result;
}

/// The tensor called `name` of `file` as float32, in the shape and the row order that the file has.
inline at::Tensor dequantize(const gguf_file& file, const std::string& name) {
    const gguf_tensor& t = file.tensor(name);
    return dequantize(file.bytes(t), *t.type).view(t.shape);
}

}  // namespace aha
