#pragma once

#include <cerrno>
#include <cstddef>

#include <aha/io/interrupt.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE interrupt_guard::interrupt_guard() {
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

AHA_INLINE interrupt_guard::~interrupt_guard() {
    for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &old_[i], nullptr);
    alive = false;
}

AHA_INLINE void interrupt_guard::on_signal(int signal) {
    if (!requested_.exchange(true)) return;
    const int kept = errno;
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(signal, &usual, nullptr);
    ::raise(signal);  // delivered when the handler returns
    errno = kept;
}

}  // namespace aha
