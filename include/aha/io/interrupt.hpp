#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include <aha/core/error.hpp>

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
    interrupt_guard() {
        require(!alive.exchange(true), "there already is an interrupt_guard, and signals have only one handler");
        requested_ = false;
        for (std::size_t i = 0; i < signals.size(); ++i) {
            struct sigaction ours = {};
            ours.sa_handler = &interrupt_guard::on_signal;
            ours.sa_flags = SA_RESTART;
            for (const int other : signals) ::sigaddset(&ours.sa_mask, other);
            ::sigaction(signals[i], nullptr, &old_[i]);
            const bool ignored = (old_[i].sa_flags & SA_SIGINFO) == 0 && old_[i].sa_handler == SIG_IGN;
            if (!ignored) ::sigaction(signals[i], &ours, nullptr);
        }
    }
    interrupt_guard(const interrupt_guard&) = delete;
    interrupt_guard& operator=(const interrupt_guard&) = delete;
    ~interrupt_guard() {
        for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &old_[i], nullptr);
        alive = false;
    }

    /// A signal has come.
    bool requested() const { return requested_; }

private:
    static constexpr std::array<int, 2> signals{SIGINT, SIGTERM};

    /// Only what POSIX allows in a handler: lock-free atomics, sigaction, raise.
    static void on_signal(int signal) {
        if (!requested_.exchange(true)) return;
        const int kept = errno;
        struct sigaction usual = {};
        usual.sa_handler = SIG_DFL;
        ::sigaction(signal, &usual, nullptr);
        ::raise(signal);  // delivered when the handler returns
        errno = kept;
    }

    static_assert(std::atomic<bool>::is_always_lock_free);
    static inline std::atomic<bool> requested_ = false, alive = false;

    std::array<struct sigaction, 2> old_{};
};

}  // namespace aha
