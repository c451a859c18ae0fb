#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <c10/core/TensorOptions.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/BFloat16.h>
#include <cstdlib>
#include <type_traits>

#include <aha/core/error.hpp>

namespace aha {

/// The 16-bit float with float32's range.
using bfloat16 = c10::BFloat16;

namespace detail {

/// Throws `aha::error` unless there is a CUDA device to put tensors on.
inline void require_cuda_device() {
    const bool built = c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA);
    require(built && c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->deviceCount() > 0,
            "there is no CUDA device: ",
            built ? "no GPU is seen (driver, CUDA_VISIBLE_DEVICES?)" : "this LibTorch was built without CUDA");
}

/// The GPU of this process: where a launcher started several on this machine (LOCAL_RANK of torchrun, SLURM_LOCALID of
/// Slurm), that of its number among them, which becomes the current one; else the current one.
inline c10::Device own_cuda_device() {
    require_cuda_device();
    const c10::impl::DeviceGuardImplInterface& gpus = *c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA);
    static const int place = [] {
        for (const char* const name : {"LOCAL_RANK", "SLURM_LOCALID"})
            if (const char* const text = std::getenv(name); text != nullptr && *text != 0) return std::atoi(text);
        return -1;
    }();
    if (place >= 0)
        gpus.uncheckedSetDevice({c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(place % gpus.deviceCount())});
    return gpus.getDevice();
}

template <class Compute, c10::DeviceType Device>
struct tensor_policy_base {
    static_assert(std::is_same_v<Compute, float> || std::is_same_v<Compute, bfloat16>,
                  "aha: a tensor policy computes in float or aha::bfloat16");
    using compute = Compute;
    /// Of products (linear layers, LM head).
    static constexpr c10::ScalarType compute_type = c10::CppTypeToScalarType<Compute>::value;
    /// Of weights, gradients and optimizer state.
    static constexpr c10::ScalarType parameter_type = c10::kFloat;
    /// Of norms, softmax, the residual stream, log-probs and losses.
    static constexpr c10::ScalarType accumulate_type = c10::kFloat;
    static c10::Device device() {
        if constexpr (Device == c10::DeviceType::CUDA) return own_cuda_device();
        else return c10::Device{Device};
    }
    /// Options of a weight: device and parameter type.
    static c10::TensorOptions options() { return c10::TensorOptions{}.dtype(parameter_type).device(device()); }
};

}  // namespace detail

/// Tensors on the CPU; products in `Compute` (float or aha::bfloat16), everything else in float32.
template <class Compute = float>
struct cpu : detail::tensor_policy_base<Compute, c10::DeviceType::CPU> {};

/// Tensors on this process's GPU (of several on a machine, that of its local rank); products in `Compute`, everything
/// else in float32. `device()` throws `aha::error` where there is none.
template <class Compute = bfloat16>
struct cuda : detail::tensor_policy_base<Compute, c10::DeviceType::CUDA> {};

}  // namespace aha
