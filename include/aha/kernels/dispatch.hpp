#pragma once

#include <c10/core/Device.h>

#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/launch.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Calls one of three forms of an operator, by where its tensors are, and gives what it gives.
/// @param on_cpu loops on this machine's threads
/// @param by_kernel launches a kernel on a GPU, in a program that is linked with `aha::cuda`
/// @param composed calls LibTorch's operators, on any other device and in other programs
template <class OnCpu, class ByKernel, class Composed>
auto dispatch(const c10::Device& device, const OnCpu& on_cpu, const ByKernel& by_kernel, const Composed& composed) {
    if (device.is_cpu()) return on_cpu();
    if constexpr (has_device_kernels) return by_kernel();
    else return composed();
}

/// The same for an operator that has no kernel.
template <class OnCpu, class Composed>
auto dispatch(const c10::Device& device, const OnCpu& on_cpu, const Composed& composed) {
    return dispatch(device, on_cpu, composed, composed);
}

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
