#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unistd.h>

#include <aha/core/report.hpp>
#include <aha/files/append_file.hpp>

namespace aha {

/// An observer that writes curves for TensorBoard: each start of a run makes a new file
/// FOLDER/tensorboard/events.out.tfevents.* with a step's metrics as scalars; a resumed run's file tells TensorBoard to
/// forget what its predecessor wrote beyond the checkpoint.
class tensorboard_writer {
public:
    /// Writes an event file into `folder`.
    explicit tensorboard_writer(const std::filesystem::path& folder) : folder_{folder / "tensorboard"} {}

    /// Throws `aha::error` naming the file if it cannot be made.
    void on_start(const run_info& info);

    /// Throws `aha::error` naming the file, which then still consists of whole records, if the disk is full.
    void on_step(const step_report& report);

    /// The file being written; empty before the start.
    std::filesystem::path path() const { return out_ ? out_->path() : std::filesystem::path{}; }

private:
    static double now();

    /// TensorBoard reads files in the order of their names, so a new one's time is later than any there.
    std::string next_name() const;

    std::filesystem::path folder_;
    std::optional<detail::append_file> out_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/tensorboard_writer.ipp>
#endif
