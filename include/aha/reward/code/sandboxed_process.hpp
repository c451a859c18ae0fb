#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/reward/code/descriptor.hpp>
#include <aha/reward/code/sandbox_keeper.hpp>

namespace aha::code::detail {

/// A file in memory that holds `bytes`, open for reading at its beginning; nobody can write to it again.
descriptor file_in_memory(std::string_view bytes);

/// A program that bubblewrap runs, from its start to its end.
class sandboxed_process {
public:
    /// What it is started with.
    struct plan {
        std::string program{};             ///< bubblewrap's path
        std::vector<std::string> words{};  ///< its arguments; "%N" stands for the number that `files[N]` gets
        std::vector<descriptor> files{};   ///< what bubblewrap reads
        descriptor input{};                ///< the program's standard input
        descriptor hears{};                ///< its descriptor 3, where it has one
        descriptor says{};                 ///< its descriptor 4, where it has one
        std::int64_t seconds = 1;          ///< of the processor, each process
        std::int64_t memory = 0;           ///< bytes of addresses, each process
        std::int64_t file_size = 0;        ///< bytes of one file
    };

    /// Starts it. Throws `aha::error` if the system does not let it. The keeper must outlive it.
    sandboxed_process(plan given, const sandbox_keeper& keeper);
    sandboxed_process(const sandboxed_process&) = delete;
    sandboxed_process& operator=(const sandboxed_process&) = delete;
    sandboxed_process(sandboxed_process&&) = delete;
    sandboxed_process& operator=(sandboxed_process&&) = delete;
    ~sandboxed_process();  ///< ends it if it still runs

    /// Ends it, and all that it started.
    void kill();

    /// Waits until all of `running` have ended, and reads what they write. They are all ended where one writes more
    /// than `limit` bytes to one of its outputs, or still runs at `deadline`.
    static void wait_for(std::span<sandboxed_process* const> running, std::size_t limit,
                         std::chrono::steady_clock::time_point deadline);

    bool out_of_time = false;    ///< ended at the deadline
    bool out_of_output = false;  ///< ended since it wrote too much
    std::string output{};        ///< what it wrote to its standard output
    std::string errors{};        ///< what it wrote to its error output
    std::string said{};          ///< what bubblewrap says of it, as JSON

private:
    std::string& text_of(std::size_t pipe);
    void reap();

    const sandbox_keeper* keeper_;
    int process_ = -1;                 // and its session's
    std::vector<descriptor> pipes_{};  // of its output, its errors, and bubblewrap's report
    bool ended_ = false;
};

}  // namespace aha::code::detail

#ifndef AHA_COMPILED
#include <aha/reward/code/sandboxed_process.ipp>
#endif
