#pragma once

#include <ATen/Parallel.h>
#include <c10/core/Device.h>
#include <c10/core/DeviceGuard.h>
#include <cstdint>

#include <aha/core/error.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/kernels/host_block.hpp>

#if defined(AHA_KERNELS)
#include <c10/cuda/CUDAStream.h>

#include <aha/kernels/launch_on_device.hpp>
#endif

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Whether this program is linked with the kernels for GPUs (`aha::cuda`).
inline constexpr bool has_device_kernels =
#if defined(AHA_KERNELS)
    true;
#else
    false;
#endif

/// Runs `blocks` blocks of a kernel where its memory is: on the current stream of the GPU, or on this machine's threads
/// (the same text, for tests and as a reference). Throws `aha::error` for a GPU in a program without its kernels.
template <class Kernel>
void launch(const Kernel& kernel, std::int64_t blocks, const c10::Device& device) {
    if (blocks == 0) return;
    if (device.is_cpu()) {
        at::parallel_for(0, blocks, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t index = begin; index < end; ++index) {
                host_block<Kernel::threads> block{index, static_cast<std::size_t>(kernel.shared_bytes()) + 1024};
                kernel(block);
            }
        });
        return;
    }
#if defined(AHA_KERNELS)
    const c10::DeviceGuard guard{device};
    const char* const problem =
        launch_on_device(kernel, blocks, c10::cuda::getCurrentCUDAStream(device.index()).stream());
    require(problem == nullptr, "a kernel did not start on ", device.str(), ": ", problem == nullptr ? "" : problem);
#else
    fail("this program has no kernels for ", device.str(), ": link it with aha::cuda");
#endif
}

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
