#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>

#include <aha/core/report.hpp>
#include <aha/io/same_reward.hpp>

namespace aha {

namespace detail {

/// A length of time as people write it: "9s", "3m10s", "2h05m".
inline std::string readable_seconds(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    char text[64];
    if (whole < 60) std::snprintf(text, sizeof text, "%llds", static_cast<long long>(whole));
    else if (whole < 3600)
        std::snprintf(text, sizeof text, "%lldm%02llds", static_cast<long long>(whole / 60),
                      static_cast<long long>(whole % 60));
    else
        std::snprintf(text, sizeof text, "%lldh%02lldm", static_cast<long long>(whole / 3600),
                      static_cast<long long>(whole / 60 % 60));
    return text;
}

}  // namespace detail

/// An observer that prints a line of plain text for each step: the step as `operator<<` shows it, then the tokens a
/// second and the time left, at the mean pace of the steps seen. Figures that the trainer did not measure are left out.
/// Before the first it prints the run's notes; once, after three steps in which every completion had the same reward, a
/// note that says what to look at; and at the end whether all was done before or a step failed.
class progress_line {
public:
    /// @param out where to print, by reference: it outlives the observer
    explicit progress_line(std::ostream& out = std::cout) : out_{&out} {}

    void on_start(const run_info& info) {
        steps_ = 0;
        seconds_ = 0;
        same_reward_.restart();
        tokens_ = info.start_step == 0 ? std::optional{0.0} : std::nullopt;
        for (const std::string& note : info.notes) *out_ << "note: " << note << '\n' << std::flush;
    }

    void on_step(const step_report& report) {
        *out_ << report;
        const std::optional<double> seconds = report.find_metric("step_time"),
                                    tokens = report.find_metric("num_tokens");
        std::optional<double> pace = report.find_metric("tokens/s");
        if (!pace && tokens && tokens_ && seconds && *seconds > 0) pace = (*tokens - *tokens_) / *seconds;
        tokens_ = tokens;
        if (pace) *out_ << "  " << detail::readable(*pace) << " tok/s";
        if (seconds && std::isfinite(*seconds)) {
            ++steps_;
            seconds_ += *seconds;
        }
        const std::int64_t left = report.total_steps - report.step;
        if (left > 0 && steps_ > 0)
            *out_ << "  left "
                  << detail::readable_seconds(seconds_ / static_cast<double>(steps_) * static_cast<double>(left));
        *out_ << '\n';
        if (const std::optional<std::string> note = same_reward_.after(report)) *out_ << *note << '\n';
        *out_ << std::flush;
    }

    void on_end(const run_summary& summary) {
        if (summary.already_done)
            *out_ << "already done: all " << summary.steps << " steps were taken before, and none is left\n";
        if (!summary.failure.empty())
            *out_ << "the run was ended by an error"
                  << (summary.steps > 0 ? "; saved after step " + std::to_string(summary.steps) : "; nothing was saved")
                  << '\n';
        *out_ << std::flush;
    }

private:
    std::ostream* out_;
    std::int64_t steps_ = 0;
    double seconds_ = 0;
    detail::same_reward same_reward_;
    std::optional<double> tokens_ = 0.0;  // of the whole run, before the step; of a resumed one not known at first
};

}  // namespace aha
