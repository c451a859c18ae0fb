#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

/// The records that a run shows its observers: what it is, how a step went, how it ended.
namespace aha {

/// What is known before the first step. Filled by whoever runs the trainer.
struct run_info {
    std::int64_t total_steps = 0;    ///< of the whole run, those before a resume included
    std::int64_t start_step = 0;     ///< steps done before: 0 of a fresh run, the checkpoint's step of a resumed one
    std::filesystem::path folder{};  ///< where the run's files go; empty: nowhere in particular
    nlohmann::json options = nlohmann::json::object();  ///< the run's settings, for people to read
    std::vector<std::string> notes{};  ///< what is otherwise than one may expect, a sentence each: of a resumed run
};

/// Metrics by name, in the order in which they were measured.
using metric_list = std::vector<std::pair<std::string, double>>;

/// How one step went. Filled by a trainer.
struct step_report {
    std::int64_t step = 0;         ///< counted from 1
    std::int64_t total_steps = 0;  ///< of the whole run; 0: not known
    /// Metrics by TRL's names, in the order in which they were measured: `reward`, `completions/mean_length`,
    /// `step_time` (s), ...
    metric_list metrics;
    /// The rollout that the step learned from, scored and with advantages; may be null (supervised training).
    std::shared_ptr<const std::vector<rollout_group>> groups;

    /// The metric called `name`, if the trainer measured it.
    std::optional<double> find_metric(std::string_view name) const {
        const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const auto& m) { return m.first == name; });
        return found == metrics.end() ? std::nullopt : std::optional{found->second};
    }

    /// The metric called `name`; throws `aha::error` if the trainer did not measure it.
    double metric(std::string_view name) const {
        const std::optional<double> found = find_metric(name);
        require(found.has_value(), "step ", step, " has no metric \"", name, "\"");
        return *found;
    }
};

/// How a run ended.
struct run_summary {
    std::int64_t steps = 0;     ///< done in all and saved, those before a resume included
    double seconds = 0;         ///< wall clock of training, those before a resume included
    bool interrupted = false;   ///< true: ended early on request, and can be resumed
    std::string stopped{};      ///< why the run ended before its last step, a sentence; empty: it did not
    bool already_done = false;  ///< true: all steps had been done before this run, which took none
    std::string failure{};      ///< what ended the run: the message of a step's exception; empty: nothing did
};

namespace detail {

/// `value` with three or four significant digits, as people write numbers: "1.31", "34.2", "512", "2e-05".
inline std::string readable(double value) {
    const double size = std::abs(value);
    const char* const format = size == 0                    ? "%.0f"
                               : size >= 100 && size < 1e7  ? "%.0f"
                               : size >= 10 && size < 1e7   ? "%.1f"
                               : size >= 0.095 && size < 10 ? "%.2f"
                                                            : "%.3g";
    char text[32];
    std::snprintf(text, sizeof text, format, value == 0 ? 0 : value);  // never "-0"
    return text;
}

}  // namespace detail

/// The step on one line, without an end of line: "step 12/40  reward 1.31  accuracy 0.62  format 0.69  length 34.1
/// ...". Metrics that the trainer did not measure are left out.
inline std::ostream& operator<<(std::ostream& out, const step_report& report) {
    std::string line = "step " + std::to_string(report.step);
    if (report.total_steps > 0) line += '/' + std::to_string(report.total_steps);
    const auto show = [&](std::string_view label, std::string_view name) {
        if (const std::optional<double> value = report.find_metric(name))
            line.append("  ").append(label).append(" ").append(detail::readable(*value));
    };
    show("reward", "reward");
    constexpr std::string_view before = "rewards/", after = "/mean";
    for (const auto& [name, value] : report.metrics)
        if (name.size() > before.size() + after.size() && name.starts_with(before) && name.ends_with(after))
            line += "  " + name.substr(before.size(), name.size() - before.size() - after.size()) + ' ' +
                    detail::readable(value);
    if (!report.find_metric("reward")) show("loss", "loss");
    show("length", "completions/mean_length");
    show("entropy", "entropy");
    show("kl", "kl");
    if (const std::optional<double> seconds = report.find_metric("step_time"))
        line += "  " + detail::readable(*seconds) + " s";
    return out << line;
}

}  // namespace aha
