#pragma once

#if defined(AHA_NCCL)
#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <aha/core/tensor_policy.hpp>
#include <aha/dist/join_ranks.hpp>
#endif

#include <aha/core/error.hpp>
#include <aha/dist/group_options.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/dist/rank_environment.hpp>

namespace aha {

/// The ranks that a launcher started, joined by NCCL: a communicator for tensors on this rank's GPU, that of its number
/// on its machine (`cuda<T>::device()`). One process where no launcher did. Throws `aha::error` if the others do not
/// come, and for several ranks in a program that is not linked with `aha::nccl`.
inline process_group join_with_nccl(const group_options& options = {},
                                    const rank_environment& here = read_rank_environment()) {
    options.validate();
    if (here.size == 1) return {};
#if !defined(AHA_NCCL)
    fail("this is rank ", here.rank, " of ", here.size,
         " on GPUs, but the program has no NCCL: link it with aha::nccl, which is there where LibTorch has CUDA");
#else
    return detail::join_ranks(options, here, cuda<>::device(),
                              [&](const c10::intrusive_ptr<c10d::Store>& store, std::chrono::milliseconds patience) {
                                  const auto nccl = c10d::ProcessGroupNCCL::Options::create();
                                  nccl->timeout = 2 * patience;  // process_group knows better who is to blame
                                  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, here.rank, here.size, nccl);
                              });
#endif
}

}  // namespace aha
