#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <cstdint>
#include <cstring>
#include <span>

namespace aha {

/// Memory of the host that a device can read and write while the host goes on; plain memory where `device` is the CPU.
inline at::Tensor host_memory(std::int64_t count, at::ScalarType type, const at::Device& device) {
    return at::empty({count}, at::TensorOptions{}.dtype(type).pinned_memory(!device.is_cpu()));
}

/// `values` as a tensor on `device`: the copy is begun, not waited for.
inline at::Tensor to_device(std::span<const std::int64_t> values, const at::Device& device) {
    const at::Tensor here = host_memory(std::ssize(values), at::kLong, device);
    if (!values.empty()) std::memcpy(here.mutable_data_ptr(), values.data(), values.size_bytes());
    return here.to(device, /*non_blocking=*/true);
}

}  // namespace aha
