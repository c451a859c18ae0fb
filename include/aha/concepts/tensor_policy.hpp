#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <c10/core/TensorOptions.h>
#include <type_traits>

#include <aha/concepts/result.hpp>

/// A tensor policy says where tensors live and in which types a model computes. Fillings: `cpu<float>`,
/// `cpu<bfloat16>`, `cuda<bfloat16>`, ... in `aha/core/tensor_policy.hpp`. All members are static; the policy is never
/// made an object.
///
/// 1. `compute` is the C++ type of products (linear layers, the LM head), and the constant `compute_type` is its scalar
///    type.
/// 2. The constant `parameter_type` is the scalar type of weights, gradients and optimizer state.
/// 3. The constant `accumulate_type` is the scalar type of norms, softmax, the residual stream, log-probs and losses.
/// 4. `device()` gives the device of every tensor of the model.
/// 5. `options()` gives a weight's options: that device and `parameter_type`.
///
/// Not required: constructors; that the three types differ; that the device is known at compile time.
namespace aha {

/// `compute` is a type.
template <class T>
concept policy_has_compute = requires { typename T::compute; };

/// `compute_type` is a constant.
template <class T>
concept policy_has_compute_type = requires { typename std::integral_constant<c10::ScalarType, T::compute_type>; };

/// `compute` and `compute_type` are the same type, said twice.
template <class T>
concept policy_compute_agrees = policy_has_compute<T> && policy_has_compute_type<T> && requires {
    typename std::integral_constant<c10::ScalarType, c10::CppTypeToScalarType<typename T::compute>::value>;
} && (c10::CppTypeToScalarType<typename T::compute>::value == T::compute_type);

/// `parameter_type` is a constant.
template <class T>
concept policy_has_parameter_type = requires { typename std::integral_constant<c10::ScalarType, T::parameter_type>; };

/// `accumulate_type` is a constant.
template <class T>
concept policy_has_accumulate_type = requires { typename std::integral_constant<c10::ScalarType, T::accumulate_type>; };

/// `T::device()` gives a device.
template <class T>
concept policy_has_device = requires {
    { T::device() } -> detail::yields<c10::Device>;
};

/// `T::options()` gives tensor options.
template <class T>
concept policy_has_options = requires {
    { T::options() } -> detail::yields<c10::TensorOptions>;
};

/// Where tensors live and in which types a model computes.
template <class T>
concept tensor_policy = policy_compute_agrees<T> && policy_has_parameter_type<T> && policy_has_accumulate_type<T> &&
                        policy_has_device<T> && policy_has_options<T>;

/// True, or a compile-time error that says what to write.
template <class T>
consteval bool require_tensor_policy() {
    static_assert(policy_has_compute<T>,
                  "aha: a tensor policy names the C++ type of products; write: using compute = float;");
    static_assert(policy_has_compute_type<T>,
                  "aha: a tensor policy has a constant for the type of products; write: "
                  "static constexpr c10::ScalarType compute_type = c10::kFloat;");
    static_assert(!policy_has_compute<T> || !policy_has_compute_type<T> || policy_compute_agrees<T>,
                  "aha: a tensor policy's compute_type must be the scalar type of its compute; write: "
                  "static constexpr c10::ScalarType compute_type = c10::CppTypeToScalarType<compute>::value;");
    static_assert(policy_has_parameter_type<T>,
                  "aha: a tensor policy has a constant for the type of weights; write: "
                  "static constexpr c10::ScalarType parameter_type = c10::kFloat;");
    static_assert(policy_has_accumulate_type<T>,
                  "aha: a tensor policy has a constant for the type of sums; write: "
                  "static constexpr c10::ScalarType accumulate_type = c10::kFloat;");
    static_assert(policy_has_device<T>,
                  "aha: a tensor policy says where tensors live; write: static c10::Device device();");
    static_assert(policy_has_options<T>,
                  "aha: a tensor policy gives the options of a weight; write: static c10::TensorOptions options();");
    return true;
}

}  // namespace aha
