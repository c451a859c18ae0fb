#pragma once

#include <cstdint>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include <aha/core/json.hpp>
#include <aha/core/report.hpp>

namespace aha::detail {

/// Notices that a run learns nothing because every completion has the same reward: a verifier that looks for the answer
/// where the text does not have it, a field of another name, a budget that cuts every answer off.
class same_reward {
public:
    static constexpr std::int64_t steps = 3;  ///< in a row that are all the same before it is said

    void restart() { *this = {}; }

    /// What to tell the user after this step: once, when the last steps gave one reward to all completions.
    std::optional<std::string> after(const step_report& report);

private:
    /// The reward of all completions that were sampled for the step, if it is one.
    static std::optional<double> common_reward(const step_report& report);

    std::string sentence(const step_report& report) const;

    static std::string_view tail(std::string_view text);
    static std::string shortened_row(const json& fields);

    std::int64_t in_a_row_ = 0;
    double reward_ = 0;
    bool said_ = false;
};

/// A length of time as people write it: "9s", "3m10s", "2h05m".
std::string readable_seconds(double seconds);

}  // namespace aha::detail

namespace aha {

/// An observer that prints a line of plain text for each step: the step as `operator<<` shows it, then the tokens a
/// second and the time left, at the mean pace of the steps seen. Metrics that the trainer did not measure are left out.
/// Before the first it prints the run's notes; once, after three steps in which every completion had the same reward, a
/// note that says what to look at; and at the end whether all was done before or a step failed.
class progress_line {
public:
    /// @param out where to print, by reference: it outlives the observer
    explicit progress_line(std::ostream& out = std::cout) : out_{&out} {}

    void on_start(const run_info& info);

    void on_step(const step_report& report);

    void on_end(const run_summary& summary);

private:
    std::ostream* out_;
    std::int64_t steps_ = 0;
    double seconds_ = 0;
    detail::same_reward same_reward_;
    std::optional<double> tokens_ = 0.0;  // of the whole run, before the step; of a resumed one not known at first
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/progress_line.ipp>
#endif
