#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/nonzero.h>
#include <atomic>
#include <cstdint>
#include <optional>

namespace aha {

namespace detail {

/// Whether a float of this size with its exponent all ones (`Mask`: a NaN or an infinity) is among `count` of them.
/// One pass at the speed of memory.
template <class Bits, Bits Mask>
bool any_exponent_full(const void* data, std::int64_t count) {
    std::atomic<bool> found = false;
    at::parallel_for(0, count, 65536, [&](std::int64_t begin, std::int64_t end) {
        const Bits* const bits = static_cast<const Bits*>(data);
        Bits any = 0;
        for (std::int64_t i = begin; i < end; ++i) any |= static_cast<Bits>((bits[i] & Mask) == Mask);
        if (any != 0) found = true;
    });
    return found;
}

}  // namespace detail

/// The place (in row order) of the first NaN or infinity in a tensor of floats on the CPU; none if all are finite.
inline std::optional<std::int64_t> first_non_finite(const at::Tensor& tensor) {
    const at::Tensor dense = tensor.contiguous();
    const void* const data = dense.const_data_ptr();
    bool suspect = true;
    if (dense.scalar_type() == at::kFloat)
        suspect = detail::any_exponent_full<std::uint32_t, 0x7f800000>(data, dense.numel());
    if (dense.scalar_type() == at::kBFloat16)
        suspect = detail::any_exponent_full<std::uint16_t, 0x7f80>(data, dense.numel());
    if (dense.scalar_type() == at::kHalf)
        suspect = detail::any_exponent_full<std::uint16_t, 0x7c00>(data, dense.numel());
    if (!suspect) return std::nullopt;
    const at::Tensor places = at::isfinite(dense).logical_not().flatten().nonzero();
    if (places.size(0) == 0) return std::nullopt;
    return places[0].item<std::int64_t>();
}

}  // namespace aha
