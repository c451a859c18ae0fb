// Compiled into a program by the target aha::cuda: the kernels of this folder for GPUs.
#include <c10/util/BFloat16.h>
#include <cuda_runtime.h>

#include <aha/kernels/append_rows.cuh>
#include <aha/kernels/attend_chunks.cuh>
#include <aha/kernels/device_block.cuh>
#include <aha/kernels/elementwise.cuh>
#include <aha/kernels/launch_on_device.hpp>
#include <aha/kernels/pick_rows.cuh>
#include <aha/kernels/score_rows.cuh>

namespace aha {
namespace {

template <class Kernel>
__global__ void __launch_bounds__(Kernel::threads) run_kernel(const Kernel kernel) {
    extern __shared__ __align__(16) unsigned char memory[];
    device_block<Kernel::threads> block{memory};
    kernel(block);
}

}  // namespace

template <class Kernel>
const char* launch_on_device(const Kernel& kernel, std::int64_t blocks, CUstream_st* stream) {
    const auto bytes = static_cast<int>(kernel.shared_bytes()) + device_block<Kernel::threads>::reserved_bytes;
    cudaError_t result = cudaSuccess;
    if (bytes > 48 * 1024)  // more than that a kernel must ask for
        result = cudaFuncSetAttribute(run_kernel<Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
    if (result == cudaSuccess) {
        run_kernel<<<static_cast<unsigned>(blocks), Kernel::threads, static_cast<std::size_t>(bytes), stream>>>(kernel);
        result = cudaGetLastError();
    }
    return result == cudaSuccess ? nullptr : cudaGetErrorString(result);
}

using c10::BFloat16;
template const char* launch_on_device(const pick_rows<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const pick_rows<BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const append_rows<float, float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const append_rows<BFloat16, BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const attend_chunks<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const attend_chunks<BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const join_chunks<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const join_chunks<BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const residual_norm_row<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const residual_norm_row<BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const gate_numbers<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const gate_numbers<BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const gate_numbers_backward<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const gate_numbers_backward<BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const norm_rows_backward<float, float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const norm_rows_backward<float, BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const norm_rows_backward<BFloat16, float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const norm_rows_backward<BFloat16, BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const rotate_heads<float, float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const rotate_heads<float, BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const rotate_heads<BFloat16, float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const rotate_heads<BFloat16, BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const score_logits<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const score_logits<BFloat16>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const score_logits_backward<float>&, std::int64_t, CUstream_st*);
template const char* launch_on_device(const score_logits_backward<BFloat16>&, std::int64_t, CUstream_st*);

}  // namespace aha
