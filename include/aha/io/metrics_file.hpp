#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include <aha/core/report.hpp>
#include <aha/io/step_lines.hpp>

namespace aha {

/// An observer that writes FOLDER/metrics.jsonl: for each step a line with `step` and the step's metrics, in their
/// order. A metric that is no finite number is null. Each line is in the file when the step's report returns.
///
/// A resumed run drops the lines beyond the step that it goes on from, so that the file ends up as if it had never
/// stopped; a fresh run renames an earlier one's file to metrics.jsonl.replaced-1.
class metrics_file {
public:
    /// Appends to `folder`/metrics.jsonl.
    explicit metrics_file(const std::filesystem::path& folder) : lines_{folder / "metrics.jsonl"} {}

    /// Throws `aha::error` naming the file if it cannot be written or continued.
    void on_start(const run_info& info) { lines_.start(info.start_step); }

    /// Throws `aha::error` naming the file, which then still consists of whole lines, if the disk is full.
    void on_step(const step_report& report) {
        nlohmann::ordered_json line = {{"step", report.step}};
        for (const auto& [name, value] : report.metrics)
            if (name != "step") line[name] = value;
        lines_.append(report.step, line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
    }

    /// The file.
    const std::filesystem::path& path() const { return lines_.path(); }

private:
    detail::step_lines lines_;
};

}  // namespace aha
