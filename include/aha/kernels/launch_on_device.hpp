#pragma once

#include <cstdint>

struct CUstream_st;

namespace aha {

/// Starts `blocks` blocks of a kernel on a stream of the current GPU. Defined in `kernels.cu` for the kernels of this
/// folder, which `aha::cuda` compiles into the program.
/// @return what went wrong, or null
template <class Kernel>
const char* launch_on_device(const Kernel& kernel, std::int64_t blocks, CUstream_st* stream);

}  // namespace aha
