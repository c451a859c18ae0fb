#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/report.hpp>

namespace aha {

/// What a run's report shows and how often it is written.
struct run_report_options {
    double every_seconds = 10;                             ///< between two writes, at least; 0: after each step
    std::int64_t groups = 2;                               ///< of a chosen step are shown
    std::int64_t tokens = 400;                             ///< of a completion are shown
    std::function<std::string(token_id)> token_text = {};  ///< a token as text; empty: completions are shown whole

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

/// An observer that writes FOLDER/report.html, one page that needs nothing else: curves, what the model said at chosen
/// steps (the first, powers of two, the last) with the probability of each token, options, machine, and what the
/// metrics suggest. It is there after the first step and written anew as the run goes, beside and renamed.
///
/// A resumed run keeps the steps up to the one that it goes on from; a fresh run renames an earlier page to
/// report.html.replaced-1.
class run_report {
public:
    /// Throws `aha::error` naming the first option that makes no sense.
    explicit run_report(const std::filesystem::path& folder, run_report_options options = {});

    /// Throws `aha::error` naming the file if it cannot be continued.
    void on_start(const run_info& info);

    /// Throws `aha::error` naming the file if it cannot be written.
    void on_step(const step_report& report);

    /// Throws `aha::error` naming the file if it cannot be written.
    void on_end(const run_summary& summary);

    /// The file.
    const std::filesystem::path& path() const { return path_; }

private:
    static bool is_chosen(std::int64_t step) { return step > 0 && (step & (step - 1)) == 0; }

    nlohmann::ordered_json sample_of(const step_report& report) const;

    nlohmann::ordered_json completion_of(const rollout_group& group, std::size_t i) const;

    /// Reads back what an earlier part of the run wrote, up to `step`.
    void go_on_from(std::int64_t step);

    static nlohmann::ordered_json machine();

    void write(const std::string& how) const;

    std::filesystem::path path_;
    run_report_options options_;
    std::string name_;
    nlohmann::ordered_json settings_;
    std::int64_t total_ = 0;
    std::vector<nlohmann::ordered_json> steps_;
    std::vector<nlohmann::ordered_json> samples_;
    std::optional<std::chrono::steady_clock::time_point> written_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/run_report.ipp>
#endif
