#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace aha {

/// Memory of the host that a device can read and write while the host goes on; plain memory where `device` is the CPU.
inline at::Tensor host_memory(std::int64_t count, at::ScalarType type, const at::Device& device) {
    return at::empty({count}, at::TensorOptions{}.dtype(type).pinned_memory(!device.is_cpu()));
}

/// `values` (64-bit integers or floats) as a tensor on `device`: the copy is begun, not waited for.
template <class T>
at::Tensor to_device(std::span<const T> values, const at::Device& device) {
    const at::Tensor here = host_memory(std::ssize(values), c10::CppTypeToScalarType<T>::value, device);
    if (!values.empty()) std::memcpy(here.mutable_data_ptr(), values.data(), values.size_bytes());
    return here.to(device, /*non_blocking=*/true);
}

/// The same.
template <class T>
at::Tensor to_device(const std::vector<T>& values, const at::Device& device) {
    return to_device(std::span<const T>{values}, device);
}

}  // namespace aha
