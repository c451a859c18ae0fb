#pragma once

#include <string>

namespace aha::code {

/// The filter of system calls that a sandboxed program runs under, as the kernel's BPF program. Refused, as if the user
/// were not permitted to: new namespaces and mounts, tracing and reading other processes, sockets but between two ends
/// of one program, keys, BPF, io_uring, modules, clocks, handles of files. Calls of another architecture end it.
///
/// Throws `aha::error` if libseccomp cannot make one.
std::string system_call_filter();

}  // namespace aha::code

#ifndef AHA_COMPILED
#include <aha/reward/code/system_call_filter.ipp>
#endif
