#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include <aha/io/progress_line.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/records.hpp>

namespace aha::detail {

/// The beginning of a text as JSON writes it, so that spaces and line ends are seen.
inline std::string shown_text(std::string_view text, std::size_t most = 160) {
    std::size_t end = std::min(text.size(), most);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    const std::string cut =
        nlohmann::json(text.substr(0, end)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return end < text.size() ? cut + "..." : cut;
}

AHA_INLINE std::optional<std::string> same_reward::after(const step_report& report) {
    const std::optional<double> own = common_reward(report);
    if (!own || (in_a_row_ > 0 && *own != reward_)) in_a_row_ = 0;
    if (!own) return std::nullopt;
    reward_ = *own;
    if (++in_a_row_ < steps || said_) return std::nullopt;
    said_ = true;
    return sentence(report);
}

AHA_INLINE std::optional<double> same_reward::common_reward(const step_report& report) {
    const std::optional<double> mean = report.find_metric("reward"), same = report.find_metric("frac_reward_zero_std");
    if (!report.groups || !mean || !same || *same != 1) return std::nullopt;
    if (report.find_metric("kept").value_or(0) > 0) return std::nullopt;  // rejection sampling: they are all right
    for (const rollout_group& group : *report.groups)
        for (const score& s : group.scores)
            if (s.applicable && std::abs(s.value - *mean) > 1e-9 * std::abs(*mean)) return std::nullopt;
    return mean;
}

AHA_INLINE std::string same_reward::sentence(const step_report& report) const {
    std::ostringstream out;
    out << "note: the reward was " << readable(reward_) << " for every completion of steps " << report.step - steps + 1
        << " to " << report.step << ", so that there is nothing to learn from.";
    std::size_t count = 0, cut = 0;
    const rollout_group* first = nullptr;
    for (const rollout_group& group : *report.groups)
        for (const completion& c : group.completions) {
            if (first == nullptr) first = &group;
            ++count, cut += c.finish == finish_reason::length ? 1 : 0;
        }
    if (cut * 2 > count)
        out << " The token budget cut off "
            << std::lround(100.0 * static_cast<double>(cut) / static_cast<double>(count))
            << " % of the completions: raise max_new_tokens.";
    if (first != nullptr) {
        const completion& shown = first->completions.front();
        out << " Look at what it sees. The prompt ends " << shown_text(tail(first->prompt.text))
            << ", the first completion is " << shown_text(shown.text) << " (" << to_string(shown.finish) << ")";
        if (!first->prompt.fields.empty()) out << ", the row is " << shortened_row(first->prompt.fields);
        out << ": is the answer where the reward looks for it, and of the same type?";
        if (shown.finish == finish_reason::stop_string)
            out << " The text ends before the stop string, unless sampling_options::include_stop_string says "
                   "otherwise.";
    } else {
        out << " Easier or harder questions, or a larger group, give rewards that differ.";
    }
    return out.str();
}

AHA_INLINE std::string_view same_reward::tail(std::string_view text) {
    std::size_t from = text.size() > 80 ? text.size() - 80 : 0;
    while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
    return text.substr(from);
}

AHA_INLINE std::string same_reward::shortened_row(const json& fields) {
    const std::string row = fields.dump(-1, ' ', true, json::error_handler_t::replace);  // ASCII: cut anywhere
    constexpr std::size_t most = 200;
    return row.size() > most ? row.substr(0, most) + "..." : row;
}

AHA_INLINE std::string readable_seconds(double seconds) {
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

}  // namespace aha::detail

namespace aha {

AHA_INLINE void progress_line::on_start(const run_info& info) {
    steps_ = 0;
    seconds_ = 0;
    same_reward_.restart();
    tokens_ = info.start_step == 0 ? std::optional{0.0} : std::nullopt;
    for (const std::string& note : info.notes) *out_ << "note: " << note << '\n' << std::flush;
}

AHA_INLINE void progress_line::on_step(const step_report& report) {
    *out_ << report;
    const std::optional<double> seconds = report.find_metric("step_time"), tokens = report.find_metric("num_tokens");
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

AHA_INLINE void progress_line::on_end(const run_summary& summary) {
    if (summary.already_done)
        *out_ << "already done: all " << summary.steps << " steps were taken before, and none is left\n";
    if (!summary.stopped.empty()) *out_ << "the run ended early: " << summary.stopped << '\n';
    if (!summary.failure.empty())
        *out_ << "the run was ended by an error"
              << (summary.steps > 0 ? "; saved after step " + std::to_string(summary.steps) : "; nothing was saved")
              << '\n';
    *out_ << std::flush;
}

}  // namespace aha
