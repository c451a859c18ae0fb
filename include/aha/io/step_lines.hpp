#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <aha/files/append_file.hpp>

namespace aha::detail {

/// A file of JSON lines that each have a "step", written in the order of steps, so that a resumed run's file becomes
/// that of a run that was never interrupted.
class step_lines {
public:
    explicit step_lines(std::filesystem::path path) : path_{std::move(path)} {}

    /// Gets ready for the step after `done`. A resumed run (`done` > 0) keeps the lines up to that step and drops those
    /// beyond, which its killed predecessor wrote after the checkpoint, and a last line that was cut short. A fresh run
    /// renames the file of the run before, if there is one, to NAME.replaced-1. Makes the folder.
    /// Throws `aha::error` naming the file, and the line if one is no line of ours.
    void start(std::int64_t done);

    /// Appends the lines of `step`; without a `start` before, starts at that step.
    void append(std::int64_t step, const std::string& lines);

    const std::filesystem::path& path() const { return path_; }

private:
    void keep_until(std::int64_t done) const;

    /// The step that a line names, if it does. A row in it may have Python's numbers.
    static std::optional<std::int64_t> step_of(const std::string& line);

    std::filesystem::path path_;
    std::optional<append_file> out_;
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/io/step_lines.ipp>
#endif
