#pragma once

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/code/descriptor.hpp>
#include <aha/reward/code/sandbox_keeper.hpp>
#include <aha/reward/code/sandboxed_process.hpp>

namespace aha::code::detail {

/// What the child of `start_child` needs, made before it exists: it shares its parent's memory and may allocate
/// nothing.
struct child_plan {
    const char* program = nullptr;
    char* const* words = nullptr;
    char* const* environment = nullptr;
    std::span<const int> files{};  // its descriptors 0, 1, 2, ...
    int keeper = -1;               // where it is told of
    rlim_t seconds = 0, memory = 0, file_size = 0;
    bool root = false;
    int failed = 0;  // errno of what it could not do
};

/// The child between its birth and bubblewrap: system calls alone.
inline int become_bubblewrap(void* given) {
    child_plan& plan = *static_cast<child_plan*>(given);
    const auto limit = [](decltype(RLIMIT_CPU) which, rlim_t soft, rlim_t hard) {
        const rlimit bounds{soft, hard};
        return setrlimit(which, &bounds) == 0;
    };
    bool ready = setsid() >= 0;  // no terminal, whose Ctrl-C is the trainer's
    for (std::size_t i = 0; i < plan.files.size(); ++i)
        ready = ready && (plan.files[i] < 0 || dup2(plan.files[i], static_cast<int>(i)) >= 0);
    for (std::size_t i = 0; i < plan.files.size(); ++i)
        if (plan.files[i] < 0) ::close(static_cast<int>(i));
    // The keeper hears of this process before there is any other; its name is that of its session.
    ready = ready && tell(plan.keeper, '+', getpid());
    ready = ready && syscall(SYS_close_range, plan.files.size(), ~0U, 0U) == 0;
    ready = ready && limit(RLIMIT_CPU, plan.seconds, plan.seconds + 1) && limit(RLIMIT_AS, plan.memory, plan.memory) &&
            limit(RLIMIT_FSIZE, plan.file_size, plan.file_size) && limit(RLIMIT_CORE, 0, 0) &&
            limit(RLIMIT_NOFILE, 256, 256);
    if (ready && plan.root) {
        // By the kernel's calls: the C library's would change all threads of the parent. The user is nobody's.
        constexpr unsigned nobody = 65534;
        ready = syscall(SYS_setgroups, 0, nullptr) == 0 && syscall(SYS_setresgid, nobody, nobody, nobody) == 0 &&
                syscall(SYS_setresuid, nobody, nobody, nobody) == 0;
    }
    if (ready) {
        execve(plan.program, plan.words, plan.environment);
    }
    plan.failed = errno;
    _exit(127);
}

AHA_INLINE descriptor file_in_memory(std::string_view bytes) {
    descriptor file{memfd_create("box", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    bool whole = static_cast<bool>(file);
    for (std::size_t at = 0; whole && at < bytes.size();) {
        const ssize_t written = write(file.get(), bytes.data() + at, bytes.size() - at);
        whole = written > 0 || (written < 0 && errno == EINTR);
        at += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
    whole = whole && lseek(file.get(), 0, SEEK_SET) == 0 &&
            fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
    require(whole, "a file of ", bytes.size(), " bytes could not be made in memory: ", std::strerror(errno));
    return file;
}

AHA_INLINE sandboxed_process::sandboxed_process(plan given, const sandbox_keeper& keeper) : keeper_{&keeper} {
    // Numbers above all that the child gives out, so that giving one does not take another's.
    constexpr int high = 64;
    std::vector<descriptor> kept;
    const auto raised = [&](const descriptor& file) {
        if (!file) return -1;
        kept.emplace_back(fcntl(file.get(), F_DUPFD_CLOEXEC, high));
        require(static_cast<bool>(kept.back()), "a sandbox could not be started: ", std::strerror(errno));
        return kept.back().get();
    };
    std::vector<int> numbers{raised(given.input)};
    std::array<descriptor, 3> ends;
    for (descriptor& end : ends) {
        auto both = make_pipe();
        pipes_.push_back(std::move(both[0]));
        end = std::move(both[1]);
    }
    numbers.push_back(raised(ends[0]));
    numbers.push_back(raised(ends[1]));
    numbers.push_back(raised(given.hears));
    numbers.push_back(raised(given.says));
    const std::size_t report = numbers.size();
    numbers.push_back(raised(ends[2]));
    for (std::string& word : given.words) {
        if (word == "%report") word = std::to_string(report);
        if (word.size() < 2 || word[0] != '%') continue;
        const std::size_t file = std::stoul(word.substr(1));
        word = std::to_string(numbers.size());
        numbers.push_back(raised(given.files.at(file)));
    }
    std::vector<char*> words{given.program.data()};
    for (std::string& word : given.words) words.push_back(word.data());
    words.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};

    child_plan child{.program = given.program.c_str(),
                     .words = words.data(),
                     .environment = environment.data(),
                     .files = numbers,
                     .keeper = raised(keeper.ear()),
                     .seconds = static_cast<rlim_t>(given.seconds),
                     .memory = static_cast<rlim_t>(given.memory),
                     .file_size = static_cast<rlim_t>(given.file_size),
                     .root = geteuid() == 0};
    process_ = start_child(&become_bubblewrap, &child);
    if (child.failed != 0) {
        kill();
        fail(given.program, " could not be started: ", std::strerror(child.failed));
    }
}

AHA_INLINE sandboxed_process::~sandboxed_process() { kill(); }

AHA_INLINE void sandboxed_process::kill() {
    if (ended_ || process_ < 0) return;
    ::kill(-process_, SIGKILL);  // bubblewrap and its child, with which ends what it started
    reap();
}

AHA_INLINE void sandboxed_process::reap() {
    keeper_->forget(process_);  // before another may be called the same
    while (waitpid(process_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
    ended_ = true;
}

AHA_INLINE std::string& sandboxed_process::text_of(std::size_t pipe) {
    return pipe == 0 ? output : pipe == 1 ? errors : said;
}

AHA_INLINE void sandboxed_process::wait_for(std::span<sandboxed_process* const> running, std::size_t limit,
                                            std::chrono::steady_clock::time_point deadline) {
    std::string bytes(std::size_t{64} << 10U, '\0');
    bool stopped = false;
    const auto stop = [&] {
        stopped = true;
        for (sandboxed_process* one : running) one->kill();
    };
    for (;;) {
        struct place {
            sandboxed_process* process;
            std::size_t pipe;
        };
        std::vector<pollfd> polled;
        std::vector<place> places;
        for (sandboxed_process* one : running) {
            for (std::size_t pipe = 0; pipe < one->pipes_.size(); ++pipe) {
                if (!one->pipes_[pipe]) continue;
                polled.push_back({.fd = one->pipes_[pipe].get(), .events = POLLIN, .revents = 0});
                places.push_back({one, pipe});
            }
        }
        if (polled.empty()) break;  // all ends are closed: nobody runs who could write
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        constexpr int time_to_end = 60'000;  // what is killed closes its ends as soon as it gets a processor
        const int ready = poll(polled.data(), polled.size(),
                               stopped ? time_to_end : static_cast<int>(std::max<std::int64_t>(0, left.count())));
        if (ready < 0 && errno == EINTR) continue;
        require(ready >= 0, "a sandbox could not be read: ", std::strerror(errno));
        require(ready > 0 || !stopped, "a sandbox could not be ended");
        if (ready == 0) {
            for (sandboxed_process* one : running) one->out_of_time = true;
            stop();
            continue;
        }
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (polled[i].revents == 0) continue;
            auto& [process, pipe] = places[i];
            const ssize_t got = read(polled[i].fd, bytes.data(), bytes.size());
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) {
                process->pipes_[pipe].close();
                continue;
            }
            std::string& text = process->text_of(pipe);
            const std::size_t taken = std::min(static_cast<std::size_t>(got), limit - std::min(limit, text.size()));
            text.append(bytes, 0, taken);
            if (taken < static_cast<std::size_t>(got) && !stopped) {
                process->out_of_output = true;
                stop();
            }
        }
    }
    for (sandboxed_process* one : running)
        if (!one->ended_) one->reap();
}

}  // namespace aha::code::detail
