#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/reward/code/sandbox_keeper.hpp>
#include <aha/reward/code/sandboxed_process.hpp>

/// Programs that a model wrote, run where they can do no harm: in bubblewrap's namespaces, without a network, with
/// system calls filtered by libseccomp. Linux 5.14 and later.
namespace aha::code {

/// What a program may use.
struct sandbox_limits {
    double seconds = 10;                           ///< of the clock, and of the processor for each process
    std::int64_t memory = std::int64_t{1} << 30U;  ///< bytes of addresses, each process
    std::int64_t processes = 16;                   ///< and threads, at a time
    std::int64_t disk = std::int64_t{64} << 20U;   ///< bytes of its folder /tmp, all that it can write to
    std::int64_t output = std::int64_t{1} << 20U;  ///< bytes of its standard output, and as many of its error output

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

/// A file that a program finds in its folder /box, which it cannot write to.
struct sandbox_file {
    std::string name{};                             ///< "main.py"
    std::shared_ptr<const std::string> contents{};  ///< its bytes
    bool executable = false;                        ///< whether it may be run
};

/// What is to be run.
struct sandbox_command {
    std::vector<std::string> words{};   ///< the program's path in the sandbox, and its arguments
    std::vector<sandbox_file> files{};  ///< what it finds in /box
    std::string_view input{};           ///< its standard input, which must outlive the run
};

/// Why a run ended.
enum class run_end {
    exited,        ///< by itself, or by a signal of its own
    out_of_time,   ///< a limit of time
    out_of_output  ///< it wrote more than it may
};

/// What a run left.
struct sandbox_run {
    run_end end = run_end::exited;  ///< why it ended
    int status = 0;                 ///< its exit status; 128 and the signal's number if one ended it
    std::string output{};           ///< its standard output, up to the limit
    std::string errors{};           ///< its error output, up to the limit
    double seconds = 0;             ///< of the clock, the sandbox's own included
};

/// What a sandbox is made with.
struct sandbox_options {
    std::filesystem::path bubblewrap = "bwrap";    ///< a path, or a name that is looked for in PATH
    std::vector<std::filesystem::path> folders{};  ///< more folders that programs may read, besides /usr
};

/// Runs programs that nobody has looked at.
///
/// A program sees /usr as it is, /box with its files, and a /tmp of its own, all that it can write to, in memory; no
/// network, no devices but /dev/null, no other process, no /proc. It has no capabilities, an own user, process,
/// network, IPC and host name space, a session without a terminal, and no calls to the kernel that open new ones,
/// trace, mount, or load; a trainer that is root gives it another user besides. When the run ends, or the trainer is
/// killed, all of it is gone.
///
/// There is no running without: where one of these cannot be had, the constructor throws. Any number of threads may
/// use one at a time.
class sandbox {
public:
    /// Throws `aha::error`, saying what is missing, if a sandbox cannot be had here; runs one program to see.
    explicit sandbox(sandbox_options options = {});

    /// Runs a program to its end. Throws `aha::error` if the sandbox, and not the program, fails.
    sandbox_run run(const sandbox_command& command, const sandbox_limits& limits = {}) const;

    /// Runs two programs that speak with one another: what one writes to its descriptor 4 the other reads from its
    /// descriptor 3. Neither sees anything else of the other. The first that ends by a limit ends both.
    std::pair<sandbox_run, sandbox_run> run_pair(const sandbox_command& first, const sandbox_command& second,
                                                 const sandbox_limits& limits = {}) const;

private:
    detail::sandboxed_process::plan plan_of(const sandbox_command& command, const sandbox_limits& limits) const;

    sandbox_options options_;
    std::shared_ptr<const detail::sandbox_keeper> keeper_;
    std::string filter_;               // of system calls, as the kernel reads it
    std::vector<std::string> system_;  // bubblewrap's words for what all programs find
};

}  // namespace aha::code

#ifndef AHA_COMPILED
#include <aha/reward/code/sandbox.ipp>
#endif
