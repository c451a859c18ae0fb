#pragma once

#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/json.hpp>
#include <aha/reward/code/descriptor.hpp>
#include <aha/reward/code/sandbox.hpp>
#include <aha/reward/code/sandbox_keeper.hpp>
#include <aha/reward/code/sandboxed_process.hpp>
#include <aha/reward/code/system_call_filter.hpp>

namespace aha::code {
namespace detail {

/// The program of this name: itself where it is a path, else the first of PATH's folders that has it.
inline std::filesystem::path program_in_path(const std::filesystem::path& name) {
    if (name.has_parent_path()) return access(name.c_str(), X_OK) == 0 ? name : std::filesystem::path{};
    const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): read only
    std::istringstream folders{path == nullptr ? "/usr/bin:/bin" : path};
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::filesystem::path found = std::filesystem::path{folder} / name;
        if (access(found.c_str(), X_OK) == 0) return found;
    }
    return {};
}

/// Bubblewrap's words for the system that programs see: /usr, and what stands beside it for its sake.
inline std::vector<std::string> system_words(const sandbox_options& options) {
    namespace fs = std::filesystem;
    std::vector<std::string> words{"--ro-bind", "/usr", "/usr"};
    for (const char* name : {"/bin", "/lib", "/lib64", "/lib32", "/sbin"}) {
        std::error_code ignored;
        if (fs::is_symlink(name, ignored)) words.insert(words.end(), {"--symlink", fs::read_symlink(name), name});
        else if (fs::exists(name, ignored)) words.insert(words.end(), {"--ro-bind", name, name});
    }
    for (const char* name : {"/etc/ld.so.cache", "/etc/alternatives"})
        words.insert(words.end(), {"--ro-bind-try", name, name});
    for (const fs::path& folder : options.folders) words.insert(words.end(), {"--ro-bind", folder, folder});
    return words;
}

/// The exit status in what bubblewrap reports, a JSON document a line; nothing if it could not run the program.
inline std::optional<int> reported_status(const std::string& report) {
    std::istringstream lines{report};
    for (std::string line; std::getline(lines, line);) {
        const json read = json::parse(line, nullptr, false);
        if (read.is_object() && read.contains("exit-code")) return read["exit-code"].get<int>();
    }
    return std::nullopt;
}

inline sandbox_run run_of(sandboxed_process& process, double seconds) {
    sandbox_run run{.output = std::move(process.output), .errors = std::move(process.errors), .seconds = seconds};
    const std::optional<int> status = reported_status(process.said);
    constexpr int killed = 128 + SIGKILL, by_clock = 128 + SIGXCPU;
    run.status = status.value_or(killed);
    if (process.out_of_output) run.end = run_end::out_of_output;
    else if (process.out_of_time || run.status == by_clock) run.end = run_end::out_of_time;
    else
        require(status.has_value(), "no sandbox can be had: ",
                run.errors.empty() ? "bubblewrap ended at once" : run.errors.substr(0, run.errors.find('\n')));
    return run;
}

}  // namespace detail

AHA_INLINE void sandbox_limits::validate() const {
    constexpr double week = 7 * 24 * 3600.0;
    require(seconds > 0 && seconds <= week, "seconds must be positive and at most a week, not ", seconds);
    require(memory >= std::int64_t{16} << 20U, "memory must be at least 16 MiB, not ", memory);
    require(processes > 0, "processes must be positive, not ", processes);
    require(disk > 0, "disk must be positive, not ", disk);
    require(output > 0, "output must be positive, not ", output);
}

AHA_INLINE sandbox::sandbox(sandbox_options options) : options_{std::move(options)} {
    const auto found = detail::program_in_path(options_.bubblewrap);
    require(!found.empty(), "no sandbox can be had without bubblewrap, and ", options_.bubblewrap,
            " is no program; Debian's package is bubblewrap");
    options_.bubblewrap = found;
    keeper_ = std::make_shared<const detail::sandbox_keeper>();
    filter_ = system_call_filter();
    system_ = detail::system_words(options_);
    const sandbox_run tried = run({.words = {"/usr/bin/true"}});
    require(tried.end == run_end::exited && tried.status == 0, "no sandbox can be had: /usr/bin/true ended in it with ",
            tried.status, " ", tried.errors);
}

AHA_INLINE detail::sandboxed_process::plan sandbox::plan_of(const sandbox_command& command,
                                                            const sandbox_limits& limits) const {
    limits.validate();
    require(!command.words.empty(), "a command needs a program");
    detail::sandboxed_process::plan plan{.program = options_.bubblewrap.string(),
                                         .seconds = static_cast<std::int64_t>(std::ceil(limits.seconds)),
                                         .memory = limits.memory,
                                         .file_size = limits.disk};
    const auto add_file = [&](std::string_view bytes) {
        plan.files.push_back(detail::file_in_memory(bytes));
        return "%" + std::to_string(plan.files.size() - 1);
    };
    plan.words = {"--unshare-all",
                  "--die-with-parent",
                  "--cap-drop",
                  "ALL",
                  "--uid",
                  "65534",
                  "--gid",
                  "65534",
                  "--clearenv",
                  "--setenv",
                  "PATH",
                  "/usr/bin:/bin",
                  "--setenv",
                  "HOME",
                  "/tmp",
                  "--setenv",
                  "LANG",
                  "C.UTF-8",
                  "--json-status-fd",
                  "%report",
                  "--seccomp",
                  add_file(filter_)};
    auto& words = plan.words;
    words.insert(words.end(), system_.begin(), system_.end());
    words.insert(words.end(),
                 {"--size", std::to_string(limits.disk), "--tmpfs", "/tmp", "--dev-bind", "/dev/null", "/dev/null"});
    constexpr std::size_t most_files = 32;  // each is a descriptor that bubblewrap reads
    require(command.files.size() <= most_files, "a sandbox holds at most ", most_files, " files, not ",
            command.files.size());
    for (const sandbox_file& file : command.files) {
        require(!file.name.empty() && file.name.find('/') == std::string::npos && file.name[0] != '.',
                "a file in a sandbox needs a plain name, not \"", file.name, "\"");
        require(file.contents != nullptr, "the file ", file.name, " of a sandbox has no contents");
        words.insert(words.end(), {"--perms", file.executable ? "0555" : "0444", "--ro-bind-data",
                                   add_file(*file.contents), "/box/" + file.name});
    }
    // The number of processes counts from inside the name space of users. dash calls it -p, bash -u.
    const std::string processes = std::to_string(limits.processes);
    words.insert(
        words.end(),
        {"--remount-ro", "/", "--chdir", "/tmp", "--", "/bin/sh", "-c",
         "ulimit -p " + processes + " 2>/dev/null || ulimit -u " + processes + " || exit 126; exec \"$@\"", "sh"});
    words.insert(words.end(), command.words.begin(), command.words.end());
    plan.input = detail::file_in_memory(command.input);
    return plan;
}

AHA_INLINE sandbox_run sandbox::run(const sandbox_command& command, const sandbox_limits& limits) const {
    const auto start = std::chrono::steady_clock::now();
    const auto time =
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(limits.seconds));
    detail::sandboxed_process process{plan_of(command, limits), *keeper_};
    const std::array running{&process};
    detail::sandboxed_process::wait_for(running, static_cast<std::size_t>(limits.output), start + time);
    return detail::run_of(process, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

AHA_INLINE std::pair<sandbox_run, sandbox_run> sandbox::run_pair(const sandbox_command& first,
                                                                 const sandbox_command& second,
                                                                 const sandbox_limits& limits) const {
    const auto start = std::chrono::steady_clock::now();
    const auto time =
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(limits.seconds));
    auto plan_one = plan_of(first, limits), plan_other = plan_of(second, limits);
    auto to_one = detail::make_pipe(), to_other = detail::make_pipe();
    plan_one.hears = std::move(to_one[0]);
    plan_other.says = std::move(to_one[1]);
    plan_other.hears = std::move(to_other[0]);
    plan_one.says = std::move(to_other[1]);
    detail::sandboxed_process one{std::move(plan_one), *keeper_}, other{std::move(plan_other), *keeper_};
    const std::array running{&one, &other};
    detail::sandboxed_process::wait_for(running, static_cast<std::size_t>(limits.output), start + time);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return {detail::run_of(one, seconds), detail::run_of(other, seconds)};
}

}  // namespace aha::code
