#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>

#include <tests/support/made_folder.hpp>
#include <tests/mutation/chances.hpp>

extern "C" int __lsan_do_recoverable_leak_check() __attribute__((weak));  // there under AddressSanitizer alone

/// Damaged inputs by the thousand, each tried in a process that may die of it.
namespace mutation {

namespace fs = std::filesystem;

/// Files by name; a name may have a folder in it.
using files = std::map<std::string, std::string>;

/// What is damaged, and what is done with it.
struct kind {
    std::string name;
    std::function<files(chances&)> make;  ///< an input: the same for the same chances
    /// Loads and uses an input, whose files lie in `folder`. May throw `aha::error` and nothing else.
    std::function<void(const files& input, const fs::path& folder)> use;
};

/// How much is tried. The environment may say so, as tests/mutate does.
struct run_options {
    std::uint64_t count = from_environment("AHA_MUTATIONS", 300);
    std::uint64_t seed = from_environment("AHA_MUTATION_SEED", 1);
    std::uint64_t first = from_environment("AHA_MUTATION_FIRST", 0);  ///< the first input, to make one again
    double most_seconds = 2;                                          ///< of the processor, for one input
    std::uint64_t most_bytes = 3ULL << 30;                            ///< of memory, resident
    std::size_t most_failures = 20;                                   ///< after which a run is given up
    std::uint64_t batch = 2000;                                       ///< inputs of one process
    fs::path failures_folder = [] {                                   ///< where inputs that fail are left
        const char* const given = std::getenv("AHA_MUTATION_FAILURES");
        return given != nullptr ? fs::path{given} : fs::temp_directory_path() / "aha-mutations";
    }();

private:
    static std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
        const char* const given = std::getenv(name);
        return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
    }
};

/// Bytes that the sentence of an error may have: a value of the input may be shown, but not all of it.
inline constexpr std::size_t longest_sentence = 4000;

/// An input that did what none may.
struct failure {
    std::uint64_t index = 0;
    std::string what;
};

/// How a run went.
struct outcome {
    std::uint64_t taken = 0, refused = 0;  ///< inputs that were used to the end; that ended in an `aha::error`
    double slowest = 0;                    ///< seconds of the processor
    std::uint64_t slowest_index = 0;
    std::vector<failure> failures;
};

namespace detail {

/// What the two processes share.
struct progress {
    std::uint64_t current, taken, refused, slowest_index;
    double began, slowest;  // of the current input, on the child's clock of the processor
};

inline double seconds_of(clockid_t clock) {
    timespec now{};
    return ::clock_gettime(clock, &now) == 0 ? static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec)
                                             : 0.0;
}

inline void write_files(const files& input, const fs::path& folder) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    for (const auto& [name, bytes] : input) {
        aha::test::write(folder / name, bytes);
    }
}

/// What is wrong with the sentence of an error, or nothing.
inline std::string fault_of(const std::string& sentence) {
    if (sentence.empty()) return "an aha::error without a sentence";
    if (sentence.size() <= longest_sentence) return {};
    return "an aha::error of " + std::to_string(sentence.size()) + " bytes: " + sentence.substr(0, 300);
}

/// Uses one input; says what it did that it may not.
inline std::string fault_in(const kind& of, const files& input, const fs::path& folder, progress& shared) {
    try {
        of.use(input, folder);
        ++shared.taken;
    } catch (const aha::error& refused) {
        ++shared.refused;
        return fault_of(refused.what());
    } catch (const std::exception& other) {
        return std::string{"another exception than aha::error: "} + other.what();
    } catch (...) {
        return "another exception than aha::error";
    }
    return {};
}

/// The child: inputs [from, to), each failure a line of `log`. Ends the process.
[[noreturn]] inline void try_inputs(const kind& of, const run_options& options, std::uint64_t from, std::uint64_t to,
                                    const fs::path& work, progress& shared) {
    std::ofstream log{work / "failures", std::ios::app};
    for (std::uint64_t i = from; i < to; ++i) {
        shared.current = i;
        shared.began = 1e300;  // until the input is made
        chances chance = chances_of(options.seed, i);
        const files input = of.make(chance);
        write_files(input, work / "input");
        const double began = shared.began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        std::string fault = fault_in(of, input, work / "input", shared);
        const double took = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - began;
        if (took > shared.slowest) shared.slowest = took, shared.slowest_index = i;
        if (fault.empty() && took > options.most_seconds) fault = std::to_string(took) + " s of the processor";
        std::ranges::replace(fault, '\n', ' ');
        if (!fault.empty()) log << i << ' ' << fault << std::endl;
    }
    if (__lsan_do_recoverable_leak_check != nullptr && __lsan_do_recoverable_leak_check() != 0)
        log << from << " memory was not given back by an input of " << from << " to " << to - 1 << std::endl;
    std::_Exit(0);
}

inline std::uint64_t resident_bytes(pid_t process) {
    std::ifstream facts{"/proc/" + std::to_string(process) + "/statm"};
    std::uint64_t all = 0, resident = 0;
    facts >> all >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Waits for the child and ends it if it hangs or takes too much memory; says why it ended if not by itself.
inline std::string watched(pid_t child, const run_options& options, const volatile progress& shared) {
    using clock = std::chrono::steady_clock;
    clockid_t processor{};
    if (::clock_getcpuclockid(child, &processor) != 0) processor = CLOCK_REALTIME;
    std::string why;
    std::uint64_t before = ~0ULL;
    auto since = clock::now();
    pollfd end{.fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0)),
               .events = POLLIN,
               .revents = 0};  // readable when the child has ended
    const std::unique_ptr<int, void (*)(int*)> closed_at_last{&end.fd, [](int* file) { ::close(*file); }};
    for (;;) {
        int status = 0;
        if (::waitpid(child, &status, WNOHANG) == child) {
            if (!why.empty()) return why;
            if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
            return WEXITSTATUS(status) == 0 ? "" : "ended with status " + std::to_string(WEXITSTATUS(status));
        }
        if (shared.current != before) before = shared.current, since = clock::now();
        if (seconds_of(processor) - shared.began > 10 * options.most_seconds)
            why = "still busy after " + std::to_string(10 * options.most_seconds) + " s of the processor";
        else if (resident_bytes(child) > options.most_bytes)
            why = "more memory than " + std::to_string(options.most_bytes);
        else if (clock::now() - since > std::chrono::minutes{10}) why = "no end after ten minutes";  // a lock, a pipe
        if (!why.empty()) ::kill(child, SIGKILL);
        ::poll(&end, 1, 20);  // its end is seen at once, its memory and time every 20 ms
    }
}

/// Leaves a failed input for whoever looks into it; says where.
inline fs::path kept_input(const kind& of, const run_options& options, std::uint64_t index) {
    const fs::path place =
        options.failures_folder / (of.name + "-" + std::to_string(options.seed) + "-" + std::to_string(index));
    chances chance = chances_of(options.seed, index);
    write_files(of.make(chance), place);
    return place;
}

}  // namespace detail

/// Tries inputs of one kind. What fails is left in `failures_folder`, and said on standard error with the command that
/// makes it again.
inline outcome run(const kind& of, const run_options& options = {}) {
    const aha::test::made_folder work;
    void* const page =
        ::mmap(nullptr, sizeof(detail::progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    aha::require(page != MAP_FAILED, "no memory to share with a child");
    auto& shared = *new (page) detail::progress{};
    outcome done;
    const auto add = [&](std::uint64_t index, const std::string& what) {
        done.failures.push_back({index, what});
        std::cerr << of.name << ": input " << index << " of seed " << options.seed << ": " << what << "\n  it is "
                  << detail::kept_input(of, options, index).string() << "; again: tests/mutate --kind " << of.name
                  << " --seed " << options.seed << " --first " << index << " --count 1\n";
    };
    const std::uint64_t end = options.first + options.count;
    for (std::uint64_t at = options.first; at < end && done.failures.size() < options.most_failures;) {
        const std::uint64_t to = std::min(end, at + options.batch);
        shared.current = at;
        shared.began = 1e300;
        std::cout.flush();
        const pid_t child = ::fork();
        aha::require(child >= 0, "cannot start a process");
        if (child == 0) detail::try_inputs(of, options, at, to, work, shared);
        const std::string died = detail::watched(child, options, shared);
        std::ifstream log{work / "failures"};
        for (std::string line; std::getline(log, line);) {
            const std::size_t space = line.find(' ');
            add(std::stoull(line.substr(0, space)), line.substr(space + 1));
        }
        log.close();
        fs::remove(work / "failures");
        if (!died.empty()) add(shared.current, died);
        at = died.empty() ? to : shared.current + 1;
        if (options.count > options.batch)
            std::cerr << of.name << ": " << at - options.first << " of " << options.count << ", " << shared.refused
                      << " refused, " << done.failures.size() << " failed, slowest " << shared.slowest << " s (input "
                      << shared.slowest_index << ")\n";
    }
    done.taken = shared.taken, done.refused = shared.refused;
    done.slowest = shared.slowest, done.slowest_index = shared.slowest_index;
    ::munmap(page, sizeof(detail::progress));
    return done;
}

}  // namespace mutation
