#pragma once

#include <aha/dist/group_options.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/dist/rank_environment.hpp>

namespace aha {

/// The ranks that a launcher started, joined by Gloo over TCP: a communicator for tensors on the CPU. One process where
/// no launcher did. Every rank makes its groups in the same order. The variable GLOO_SOCKET_IFNAME names the network
/// interface, else it is that of this machine's name. Throws `aha::error` if the others do not come, and for several
/// ranks in a program that was compiled without Gloo's headers (Debian's libgloo-dev) or without USE_C10D_GLOO, which
/// LibTorch's CMake target and aha's pkg-config file define.
process_group join_with_gloo(const group_options& options = {}, const rank_environment& here = read_rank_environment());

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/dist/gloo.ipp>
#endif
