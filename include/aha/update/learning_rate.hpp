#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/optim/schedule.hpp>

/// The learning rate over a run: what a schedule may give, what a checkpoint keeps of it, what is otherwise after one.
namespace aha {

namespace detail {

/// The schedule of a supervised trainer that is given none: a cosine to a tenth of the peak, as R1's.
inline schedule_options decay_to_a_tenth(std::int64_t steps, std::int64_t warmup = 0) {
    return {.warmup_steps = warmup, .total_steps = steps, .shape = decay_shape::cosine, .floor = 0.1};
}
/// Throws `aha::error` for a schedule that gives learning rates where shares of the learning rate are asked: all that
/// it gives for the first 1000 steps is tiny, though something, and the learning rate that it multiplies is already
/// one. Such a run would train with the square of its rate, and stand still. Also for a number that is negative or not
/// finite. Looks no further than the first share that could be one: mostly at one step.
template <class Schedule>
void check_schedule(const Schedule& schedule, double learning_rate) {
    constexpr std::int64_t steps = 1000;
    constexpr double least_share = 1e-3, greatest_rate = 1e-2;
    double most = 0;
    for (std::int64_t step = 0; step < steps && most <= least_share; ++step) {
        double share = 0;
        try {
            share = static_cast<double>(schedule(step));
        } catch (const std::exception&) {
            break;  // it has no more steps than this
        }
        require(share >= 0 && std::isfinite(share), "the schedule gave ", share, " for step ", step,
                "; it gives the share of the learning rate, 0 or more");
        most = std::max(most, share);
    }
    require(most == 0 || most > least_share || learning_rate >= greatest_rate, "the schedule gives at most ", most,
            " in its first ", steps,
            " steps, which looks like a learning rate: a schedule gives the share of it that a step gets, 1 for all, "
            "and is multiplied by learning_rate, which is ",
            learning_rate, "; divide what it gives by its peak, and make that the learning_rate");
}

}  // namespace detail

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

/// What a trainer that goes on from a checkpoint does otherwise than the one that wrote it, a sentence each: the steps
/// of the whole run, the learning-rate schedule.
/// @param saved with "total_steps" and "learning_rate"; older checkpoints have neither, and say nothing
/// @param peak learning rate that the schedule multiplies
/// @param total steps now; 0: the trainer does not know
template <class Schedule>
std::vector<std::string> resume_notes(const state& saved, const Schedule& schedule, double peak, std::int64_t done,
                                      std::int64_t total) {
    std::vector<std::string> notes;
    const std::int64_t before = saved.values.value("total_steps", total);
    if (before != total)
        notes.push_back("the run has " + std::to_string(total) + " steps in all now, " + std::to_string(before) +
                        " before: batch size or epochs are not the checkpoint's");
    if (std::string change = learning_rate_change(saved, schedule, peak, done); !change.empty())
        notes.push_back(std::move(change));
    return notes;
}

}  // namespace aha
