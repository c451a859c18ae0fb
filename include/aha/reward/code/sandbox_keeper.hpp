#pragma once

#include <array>

#include <aha/reward/code/descriptor.hpp>

namespace aha::code::detail {

/// A pipe: the end to read from and the one to write to. Throws `aha::error` if the system has none left.
std::array<descriptor, 2> make_pipe();

/// Starts a child that shares this process's memory until it has become another program, so that the memory map, which
/// of a trainer is large, is not copied; gives its number. `become` makes system calls alone. No signal tells of its
/// end. Throws `aha::error` if the system does not let it.
int start_child(int (*become)(void*), void* given);

/// A small process that ends what a trainer leaves behind that is killed: all sandboxes of which it was told. They tell
/// it themselves, before they are anything else.
///
/// Bubblewrap's --die-with-parent does the same, except in the moments before bubblewrap has asked for it.
class sandbox_keeper {
public:
    /// Throws `aha::error` if it cannot be started.
    sandbox_keeper();
    sandbox_keeper(const sandbox_keeper&) = delete;
    sandbox_keeper& operator=(const sandbox_keeper&) = delete;
    sandbox_keeper(sandbox_keeper&&) = delete;
    sandbox_keeper& operator=(sandbox_keeper&&) = delete;
    ~sandbox_keeper();

    /// Where it is told of a new session.
    const descriptor& ear() const { return ear_; }

    /// Tells it that the session has ended.
    void forget(int session) const;

private:
    int process_ = -1;
    descriptor ear_;
};

/// Tells a keeper of a session, or with '-' of its end; whether it could. System calls alone.
bool tell(int ear, char what, int session);

}  // namespace aha::code::detail

#ifndef AHA_COMPILED
#include <aha/reward/code/sandbox_keeper.ipp>
#endif
