#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <cstdint>
#include <string>

#include <aha/core/error.hpp>

namespace aha::detail {

/// Whether numbers of this type take one byte and mean little without a scale.
inline bool is_float8(c10::ScalarType type) { return c10::isFloatingType(type) && c10::elementSize(type) == 1; }

/// How many rows or columns share one of `scales` of `extent`: all, one each, or blocks of 128 as DeepSeek and Qwen
/// release them, or of another size where that goes without a rest. 0 if none fits.
inline std::int64_t block_of(std::int64_t extent, std::int64_t scales) {
    if (scales == 1) return extent;
    if (scales == extent) return 1;
    if ((extent + 127) / 128 == scales) return 128;
    return scales > 0 && extent % scales == 0 ? extent / scales : 0;
}

/// A float8 weight times its scales, in float32.
/// @param stored [out, in] or [n]
/// @param scales [1] or scalar, [out] or [out, 1], or one a block [out / b, in / b]
/// @param where begins the sentence if the shapes do not go together
inline at::Tensor scaled_weight(const at::Tensor& stored, const at::Tensor& scales, const std::string& where) {
    const at::Tensor wide = stored.to(at::kFloat);
    at::Tensor s = scales.to(at::kFloat);
    if (s.numel() == 1) return wide * s.reshape({});
    if (s.dim() == 1 && wide.dim() == 2) s = s.unsqueeze(1);
    require(wide.dim() == 2 && s.dim() == 2 && block_of(wide.size(0), s.size(0)) > 0 &&
                block_of(wide.size(1), s.size(1)) > 0,
            where, " has scales of the shape ", s.sizes(), " for weights of the shape ", wide.sizes());
    for (const std::int64_t d : {0, 1})
        s = s.repeat_interleave(block_of(wide.size(d), s.size(d)), d).narrow(d, 0, wide.size(d));
    return wide * s;
}

}  // namespace aha::detail
