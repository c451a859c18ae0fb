#pragma once

#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <string>
#if defined(USE_C10D_GLOO) && __has_include(<gloo/context.h>)
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#include <aha/core/error.hpp>
#include <aha/dist/group_options.hpp>
#include <aha/dist/join_ranks.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/dist/rank_environment.hpp>

namespace aha {

/// The ranks that a launcher started, joined by Gloo over TCP: a communicator for tensors on the CPU. One process where
/// no launcher did. Every rank makes its groups in the same order. The variable GLOO_SOCKET_IFNAME names the network
/// interface, else it is that of this machine's name. Throws `aha::error` if the others do not come, and for several
/// ranks in a program that was compiled without Gloo's headers (Debian's libgloo-dev) or without USE_C10D_GLOO, which
/// LibTorch's CMake target and aha's pkg-config file define.
inline process_group join_with_gloo(const group_options& options = {},
                                    const rank_environment& here = read_rank_environment()) {
    options.validate();
    if (here.size == 1) return {};
#if !defined(USE_C10D_GLOO) || !__has_include(<gloo/context.h>)
    fail("this is rank ", here.rank, " of ", here.size,
         ", but the program was compiled without Gloo: install Debian's ", "libgloo-dev and compile again");
#else
    return detail::join_ranks(options, here, c10::Device{c10::kCPU},
                              [&](const c10::intrusive_ptr<c10d::Store>& store, std::chrono::milliseconds patience) {
                                  const auto gloo = c10d::ProcessGroupGloo::Options::create(patience);
                                  const std::string card = detail::environment_text("GLOO_SOCKET_IFNAME");
                                  gloo->devices.push_back(card.empty()
                                                              ? c10d::ProcessGroupGloo::createDefaultDevice()
                                                              : c10d::ProcessGroupGloo::createDeviceForInterface(card));
                                  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, here.rank, here.size, gloo);
                              });
#endif
}

}  // namespace aha
