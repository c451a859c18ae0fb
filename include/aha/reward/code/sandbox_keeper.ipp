#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/code/descriptor.hpp>
#include <aha/reward/code/sandbox_keeper.hpp>

namespace aha::code::detail {

AHA_INLINE std::array<descriptor, 2> make_pipe() {
    std::array<int, 2> both{};
    require(pipe2(both.data(), O_CLOEXEC) == 0, "a sandbox could not be started: ", std::strerror(errno));
    return {descriptor{both[0]}, descriptor{both[1]}};
}

/// What a child does first, and then.
struct child_start {
    int (*become)(void*);
    void* given;
};

inline int begin_child(void* of) {
    // The parent's handlers would run in the parent's memory.
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &usual, nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const child_start& start = *static_cast<child_start*>(of);
    return start.become(start.given);
}

AHA_INLINE int start_child(int (*become)(void*), void* given) {
    constexpr std::size_t stack_size = std::size_t{64} << 10U;
    const std::unique_ptr<std::byte[]> stack{new std::byte[stack_size]};  // NOLINT(modernize-avoid-c-arrays)
    auto* end = stack.get() + stack_size;
    end -= reinterpret_cast<std::uintptr_t>(end) % 16;  // NOLINT: a stack's alignment
    child_start start{become, given};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    // Its end sends no signal, which the parent might take for that of a child of its own.
    const int process = clone(&begin_child, end, CLONE_VM | CLONE_VFORK, &start);
    const int why = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    require(process >= 0, "a sandbox could not be started: ", std::strerror(why));
    return process;
}

AHA_INLINE bool tell(int ear, char what, int session) {
    std::array<char, 16> line{what, ' '};
    std::size_t digits = 0, length = 2;
    for (int rest = session; rest > 0; rest /= 10) ++digits;
    for (int rest = session; rest > 0; rest /= 10) line[length + --digits] = static_cast<char>('0' + rest % 10);
    for (int rest = session; rest > 0; rest /= 10) ++length;
    line[length++] = '\n';
    return write(ear, line.data(), length) == static_cast<ssize_t>(length);  // in one piece: shorter than PIPE_BUF
}

inline int become_keeper(void* given) {
    const int hears = *static_cast<int*>(given);
    // Sessions stand in $1, $2, ...; at the end of the input, all that are left are killed.
    constexpr const char* script = R"(
while read -r what session; do
    if [ "$what" = + ]; then set -- "$@" "$session"; continue; fi
    for one; do
        shift
        [ "$one" = "$session" ] || set -- "$@" "$one"
    done
done
for one; do kill -s KILL -- "-$one"; done
)";
    std::array<const char*, 5> words{"sh", "-c", script, "aha-keeper", nullptr};
    std::array<char*, 1> environment{nullptr};
    const bool ready = setsid() >= 0 && dup2(hears, 0) == 0 && syscall(SYS_close_range, 1U, ~0U, 0U) == 0 &&
                       open("/dev/null", O_WRONLY) == 1 && dup2(1, 2) == 2;
    if (ready) execve("/bin/sh", const_cast<char**>(words.data()), environment.data());  // NOLINT: as execve wants it
    _exit(127);
}

AHA_INLINE sandbox_keeper::sandbox_keeper() {
    auto ends = make_pipe();
    int hears = ends[0].get();
    process_ = start_child(&become_keeper, &hears);
    ear_ = std::move(ends[1]);
}

AHA_INLINE sandbox_keeper::~sandbox_keeper() {
    ear_.close();
    while (waitpid(process_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
}

AHA_INLINE void sandbox_keeper::forget(int session) const { tell(ear_.get(), '-', session); }

}  // namespace aha::code::detail
