#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/optim/schedule.hpp>

namespace aha {

/// The step at which a schedule's decay ends, where it says so and there is one.
template <class Schedule>
std::optional<std::int64_t> decay_end(const Schedule& schedule) {
    if constexpr (requires {
                      { schedule.options() } -> std::convertible_to<schedule_options>;
                  }) {
        const schedule_options options = schedule.options();
        if (options.shape != decay_shape::constant) return options.total_steps;
    }
    return std::nullopt;
}

/// What a checkpoint keeps of the learning rate, for `learning_rate_change`.
/// @param last of the step before the checkpoint
template <class Schedule>
nlohmann::json learning_rate_state(const Schedule& schedule, double last) {
    nlohmann::json kept = nlohmann::json::object();
    if (std::isfinite(last)) kept["last"] = last;
    if (const auto end = decay_end(schedule)) kept["decay_end"] = *end;
    return kept;
}

/// A sentence if a run goes on with another course of the learning rate than its checkpoint was made with, else an
/// empty text: a decay that ends elsewhere, or another rate for the step before the checkpoint.
/// @param saved a trainer's, with "learning_rate"; older ones have none, and say nothing
/// @param peak that the schedule multiplies
/// @param done steps before the checkpoint
template <class Schedule>
std::string learning_rate_change(const state& saved, const Schedule& schedule, double peak, std::int64_t done) {
    const nlohmann::json kept = saved.values.value("learning_rate", nlohmann::json::object());
    if (done == 0 || !kept.is_object() || kept.empty()) return {};
    std::ostringstream text;
    const auto end = decay_end(schedule);
    const auto ending = [](const std::optional<std::int64_t>& step) {
        return step ? "ends at step " + std::to_string(*step) : std::string{"has no end"};
    };
    std::optional<std::int64_t> old_end;
    if (kept.contains("decay_end")) old_end = kept["decay_end"].get<std::int64_t>();
    if (end != old_end) text << "; its decay " << ending(end) << " (before: " << ending(old_end) << ')';
    if (kept.contains("last")) {
        const double last = kept["last"].get<double>(), now = peak * schedule(done - 1);
        if (std::abs(last - now) > 1e-9 * std::abs(last))
            text << "; step " << done << " had " << detail::readable(last)
                 << ", by this run's options it would have had " << detail::readable(now);
    }
    return text.str().empty() ? "" : "the learning rate takes another course than before the checkpoint" + text.str();
}

}  // namespace aha
