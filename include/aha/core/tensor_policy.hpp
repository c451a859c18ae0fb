#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <c10/core/TensorOptions.h>
#include <c10/util/BFloat16.h>
#include <type_traits>

namespace aha {

/// The 16-bit float with float32's range.
using bfloat16 = c10::BFloat16;

namespace detail {

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
    static c10::Device device() { return c10::Device{Device}; }
    /// Options of a weight: device and parameter type.
    static c10::TensorOptions options() { return c10::TensorOptions{}.dtype(parameter_type).device(device()); }
};

}  // namespace detail

/// Tensors on the CPU; products in `Compute` (float or aha::bfloat16), everything else in float32.
template <class Compute = float>
struct cpu : detail::tensor_policy_base<Compute, c10::DeviceType::CPU> {};

/// Tensors on the current CUDA device; products in `Compute`, everything else in float32.
template <class Compute = bfloat16>
struct cuda : detail::tensor_policy_base<Compute, c10::DeviceType::CUDA> {};

}  // namespace aha
