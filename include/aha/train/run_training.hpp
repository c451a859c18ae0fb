#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/checkpoint_store.hpp>
#include <aha/concepts/observer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/update/learning_rate.hpp>

namespace aha {

/// Whether more or less of a metric is better.
enum class better { smaller, larger };

/// A metric that says how good the model is: a run can keep its best state and end when it stops getting better.
struct watched_metric {
    std::string name{};                  ///< of the step's metrics: "eval_loss", "eval_reward"; empty: none is watched
    better direction = better::smaller;  ///< which of two values is better
    double min_change = 0;               ///< by how much a value must be better to count
    std::int64_t patience = 0;  ///< measurements in a row, none better, after which the run ends; 0: it goes on

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

/// The best value of a watched metric so far.
class best_so_far {
public:
    /// Throws `aha::error` if the options make no sense.
    explicit best_so_far(const watched_metric& options) : options_{options} { options_.validate(); }

    /// Looks at a step; true if it has the metric and it is the best so far. A value that is not finite never is.
    bool look(const step_report& report);

    /// Whether as many measurements as `patience` went by without a better one.
    bool exhausted() const { return options_.patience > 0 && since_ >= options_.patience; }

    /// Why the run ends when it is.
    std::string reason() const;

    std::int64_t step() const { return step_; }  ///< of the best value; 0: there is none yet

    /// For a checkpoint.
    nlohmann::json save() const;

    /// Takes back what `save` gave, if it is of the same metric.
    void load(const nlohmann::json& saved);

private:
    watched_metric options_;
    double best_ = 0;
    std::int64_t step_ = 0, since_ = 0;
};

/// How long a run lasts and how often it is saved.
struct run_options {
    /// Of the whole run, those before a resume included. Unless given: as many as the trainer's data makes
    /// (`total_steps()` of sft, distill, reward_trainer), or 40 where it does not say.
    std::optional<std::int64_t> steps{};
    std::int64_t checkpoint_every = 10;  ///< steps; 0: only at the end and on an interrupt
    double checkpoint_minutes = 0;       ///< also after as many minutes; 0: by steps alone
    double max_minutes = 0;              ///< after which this process ends the run, saved, to be resumed; 0: no limit
    watched_metric watched{};  ///< whose best state is kept (`save_best` of the store), and which may end the run
    bool resume = false;       ///< go on from the newest checkpoint, if there is one
    std::function<bool()> interrupted = [] { return false; };  ///< asked after each step; true ends the run, saved
    nlohmann::json description = nlohmann::json::object();     ///< options of the run, for observers

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

namespace detail {

/// Whether this process tells observers and writes checkpoints: the first rank of the trainer's.
template <class Trainer>
bool leads(const Trainer& trainer) {
    if constexpr (requires { trainer.communicator().rank(); }) return trainer.communicator().rank() == 0;
    else return true;
}

/// Whether any rank says so: the ranks of a run end together.
template <class Trainer>
bool any_rank(const Trainer& trainer, bool own) {
    if constexpr (requires { trainer.communicator().rank(); })
        return sum_numbers(trainer.communicator(), {own ? 1.0 : 0.0}).front() > 0;
    else return own;
}

/// Throws `aha::error` if the ranks go on from different steps.
template <class Trainer>
void check_same_start(const Trainer& trainer) {
    if constexpr (requires { trainer.communicator().rank(); }) {
        const auto own = static_cast<double>(trainer.steps_done());
        for (const std::vector<double>& theirs : gather_numbers(trainer.communicator(), {own}))
            require(theirs.front() == own, "rank ", trainer.communicator().rank(), " goes on from step ", own,
                    " and another from step ", theirs.front(), ": all ranks must see the same checkpoints");
    }
}

/// Steps of the whole run. Throws `aha::error` if more are asked for than the trainer's data makes: the run would end
/// with an exception.
template <class Trainer>
std::int64_t run_steps(const Trainer& trainer, const std::optional<std::int64_t>& asked) {
    constexpr std::int64_t usual = 40;
    if constexpr (requires { std::int64_t{trainer.total_steps()}; }) {
        const std::int64_t own = trainer.total_steps();
        require(asked.value_or(own) <= own, "a run of ", asked.value_or(own),
                " steps was asked for, but the trainer's data ends after ", own,
                ": give fewer, more epochs, or no number for all of them");
        return asked.value_or(own);
    } else return asked.value_or(usual);
}

/// What the trainer found to be otherwise when it was loaded, and what becomes of a learning rate whose decay ends
/// before the run.
template <class Trainer>
std::vector<std::string> run_notes(const Trainer& trainer, std::int64_t steps) {
    std::vector<std::string> notes;
    if constexpr (requires { std::vector<std::string>{trainer.notes()}; }) notes = trainer.notes();
    if constexpr (requires { decay_end(trainer.schedule()); })
        if (const auto end = decay_end(trainer.schedule()); end && *end < steps)
            notes.push_back("the learning rate's decay ends at step " + std::to_string(*end) + ", the run at step " +
                            std::to_string(steps) + ": the steps between have " +
                            readable(100 * trainer.schedule()(*end)) + "% of the peak rate");
    return notes;
}

/// What keeps other runs out of the store, if it can be held, for the rank that writes; nothing for others. Throws what
/// `hold` throws on all ranks.
template <class Trainer, class Store>
auto hold_store(const Trainer& trainer, Store& store) {
    if constexpr (requires { store.hold(); }) {
        std::optional<decltype(store.hold())> held;
        std::string problem;
        if (leads(trainer)) try {
                held.emplace(store.hold());
            } catch (const std::exception& in_use) {  // of any kind, or the other ranks would wait for ever
                problem = in_use.what();
            }
        if constexpr (requires { trainer.communicator().all_gather(problem); })
            problem = trainer.communicator().all_gather(problem).front();
        if (!problem.empty()) throw error{problem};
        return held;
    } else return 0;
}

/// Whether the state can be had after a step threw: it takes all ranks, who are only known to be here after an
/// exception that all of them meet.
template <class Trainer>
bool can_save_after(const Trainer& trainer, const std::exception_ptr& problem) {
    if constexpr (requires { trainer.communicator().size(); })
        if (trainer.communicator().size() > 1) try {
                std::rethrow_exception(problem);
            } catch (const joint_error&) {
                return true;
            } catch (...) {
                return false;
            }
    return true;
}

std::string message_of(const std::exception_ptr& problem);

}  // namespace detail

/// Runs a trainer (`step()`, `steps_done()`, `save()`, `load()`) with checkpoints that a killed run goes on from bit
/// for bit, and tells observers. Of several ranks all call it; the first writes the checkpoints, which all read, and
/// tells its observers. A store that can be held (`hold()`) is, so that a second run in the same place is refused. A
/// run that begins anew where another has been sets that one's checkpoints aside before it saves its first, if the
/// store can (`set_aside_earlier()`).
///
/// A trainer's `step()` that throws must leave the trainer as it was before, as those of this library do: the steps
/// done since the last checkpoint are then saved, observers are told, and the exception goes on; so they are when an
/// observer throws after a step (a full disk) or a checkpoint cannot be written. Of several ranks that takes a
/// `joint_error`, which all meet (a reward that throws, a gradient that is not finite); after any other exception the
/// checkpoint before stays the last.
/// @return how it ended; `already_done` if a resumed run had no step left
template <class Trainer, class Store, class... Observers>
run_summary run_training(Trainer& trainer, Store& store, const run_options& options, Observers&&... observers) {
    static_assert(require_checkpoint_store<Store>());
    static_assert((true && ... && require_observer<std::remove_reference_t<Observers>, Trainer>()));
    constexpr bool store_keeps_best = requires(const state& whole) { store.save_best(std::int64_t{}, whole); };
    options.validate();
    best_so_far best{options.watched};
    require(options.watched.name.empty() || store_keeps_best, "the run watches ", options.watched.name,
            ", but the checkpoint store has no save_best to keep the best state");
    [[maybe_unused]] const auto held = detail::hold_store(trainer, store);
    run_summary summary;
    if (options.resume)
        if (std::optional<std::pair<std::int64_t, state>> saved = store.load_latest()) {
            trainer.load(saved->second);
            best.load(saved->second.values.value("watched", nlohmann::json{}));
            const auto seconds = saved->second.values.find("seconds");
            if (seconds != saved->second.values.end() && seconds->is_number()) summary.seconds = *seconds;
        }
    detail::check_same_start(trainer);
    const bool leads = detail::leads(trainer);
    const std::int64_t steps = detail::run_steps(trainer, options.steps);

    const run_info info{.total_steps = steps,
                        .start_step = trainer.steps_done(),
                        .options = options.description,
                        .notes = detail::run_notes(trainer, steps)};
    if (leads) (notify_start(observers, info), ...);
    summary.steps = trainer.steps_done();
    summary.already_done = trainer.steps_done() > 0 && trainer.steps_done() >= steps;
    const double seconds_before = summary.seconds;
    const stopwatch since_start;
    stopwatch since_save;
    bool begins_anew = !options.resume && trainer.steps_done() == 0;
    const auto saved_state = [&] {
        state whole = trainer.save();  // all ranks, for each may hold a part of it
        if (!options.watched.name.empty()) whole.values["watched"] = best.save();
        if constexpr (requires { store.set_aside_earlier(); })
            if (leads && std::exchange(begins_anew, false)) store.set_aside_earlier();
        return whole;
    };
    const auto save = [&] {
        const state whole = saved_state();
        if (leads) store.save(trainer.steps_done(), whole);
        summary.steps = trainer.steps_done();
        since_save.restart();
    };
    const auto save_best = [&] {
        const state whole = saved_state();
        if constexpr (store_keeps_best)
            if (leads) store.save_best(trainer.steps_done(), whole);
    };
    /// Of all ranks, which end and save together.
    const auto any = [&](bool own) { return detail::any_rank(trainer, own); };
    while (trainer.steps_done() < steps && !summary.interrupted && summary.stopped.empty()) {
        try {
            step_report report = trainer.step();
            report.total_steps = steps;
            bool asked_to_end = false;
            if (leads) ((asked_to_end = notify_step(observers, report, std::as_const(trainer)) || asked_to_end), ...);
            summary.seconds = report.find_metric("seconds").value_or(seconds_before + since_start.seconds());
            summary.interrupted = any(options.interrupted());
            if (any(asked_to_end)) summary.stopped = "an observer ended the run";
            if (options.max_minutes > 0 && any(since_start.seconds() >= 60 * options.max_minutes)) {
                summary.interrupted = true;
                summary.stopped = "the time limit of " + detail::readable(options.max_minutes) + " minutes was reached";
            }
            if (any(leads && best.look(report))) save_best();  // observers, which add metrics, are the first rank's
            if (any(leads && best.exhausted()))
                summary.stopped = leads ? best.reason() : "the first rank ended the run";
            const bool due =
                (options.checkpoint_every > 0 && trainer.steps_done() % options.checkpoint_every == 0) ||
                (options.checkpoint_minutes > 0 && any(since_save.seconds() >= 60 * options.checkpoint_minutes));
            if (due || summary.interrupted || !summary.stopped.empty() || trainer.steps_done() >= steps) save();
        } catch (...) {
            const std::exception_ptr problem = std::current_exception();
            summary.failure = detail::message_of(problem);
            try {  // whatever fails now, the first exception is the one to hear of
                if (trainer.steps_done() > summary.steps && detail::can_save_after(trainer, problem)) save();
            } catch (...) {
            }
            [[maybe_unused]] const auto tell = [&](auto& observer) {
                try {
                    notify_end(observer, std::as_const(summary));
                } catch (...) {
                }
            };
            if (leads) (tell(observers), ...);
            throw;
        }
    }
    if (leads) (notify_end(observers, std::as_const(summary)), ...);
    return summary;
}

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/train/run_training.ipp>
#endif
