#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/io/step_lines.hpp>

namespace aha {

/// An observer that writes FOLDER/completions.jsonl, for reading what the model says: for each completion of each step
/// a line with step, prompt_index, sample_index, prompt, completion, finish_reason, reward, rewards ({name: addend})
/// and advantage. `reward` is null where the reward did not apply; bytes that are not UTF-8 become U+FFFD.
///
/// Resumed and fresh runs find the file as `metrics_file` says.
class completions_file {
public:
    /// Appends to `folder`/completions.jsonl.
    explicit completions_file(const std::filesystem::path& folder) : lines_{folder / "completions.jsonl"} {}

    /// Throws `aha::error` naming the file if it cannot be written or continued.
    void on_start(const run_info& info) { lines_.start(info.start_step); }

    /// Throws `aha::error` naming the file, which then holds nothing of this step, if the disk is full.
    void on_step(const step_report& report);

    /// The file.
    const std::filesystem::path& path() const { return lines_.path(); }

private:
    static std::string line_of(std::int64_t step, const rollout_group& group, std::size_t i);

    detail::step_lines lines_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/completions_file.ipp>
#endif
