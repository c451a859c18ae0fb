#pragma once

#include <array>
#include <atomic>
#include <csignal>

namespace aha {

/// While it lives, SIGINT (Ctrl-C) and SIGTERM only raise a flag, so that a run can finish its step and save. A second
/// signal does what it would have done without the guard: it ends the process. The old handlers come back at the end; a
/// signal that was ignored before (a job in the background) stays ignored.
///
/// Signals belong to the process, so the flag does too: it is the only such state in the library, hidden here, and
/// there is at most one guard at a time.
class interrupt_guard {
public:
    /// Throws `aha::error` if there already is a guard.
    interrupt_guard();
    interrupt_guard(const interrupt_guard&) = delete;
    interrupt_guard& operator=(const interrupt_guard&) = delete;
    ~interrupt_guard();

    /// A signal has come.
    bool requested() const { return requested_; }

private:
    static constexpr std::array<int, 2> signals{SIGINT, SIGTERM};

    /// Only what POSIX allows in a handler: lock-free atomics, sigaction, raise.
    static void on_signal(int signal);

    static_assert(std::atomic<bool>::is_always_lock_free);
    static inline std::atomic<bool> requested_ = false, alive = false;

    std::array<struct sigaction, 2> old_{};
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/interrupt.ipp>
#endif
