#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include <aha/concepts/checkpoint_store.hpp>
#include <aha/concepts/observer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/train/rank_work.hpp>

namespace aha {

/// How long a run lasts and how often it is saved.
struct run_options {
    std::int64_t steps = 40;                                   ///< of the whole run, those before a resume included
    std::int64_t checkpoint_every = 10;                        ///< steps; 0: only at the end and on an interrupt
    bool resume = false;                                       ///< go on from the newest checkpoint, if there is one
    std::function<bool()> interrupted = [] { return false; };  ///< asked after each step; true ends the run, saved
    nlohmann::json description = nlohmann::json::object();     ///< options of the run, for observers

    void validate() const {
        require(steps > 0, "a run needs at least one step, not ", steps);
        require(checkpoint_every >= 0, "checkpoint_every must be 0 (never) or more, not ", checkpoint_every);
    }
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

}  // namespace detail

/// Runs a trainer (`step()`, `steps_done()`, `save()`, `load()`) for `options.steps` steps, with checkpoints that a
/// killed run goes on from bit for bit, and tells observers. An exception of the trainer leaves the last checkpoint as
/// it is. Of several ranks all call it; the first writes the checkpoints, which all read, and tells its observers.
template <class Trainer, class Store, class... Observers>
run_summary run_training(Trainer& trainer, Store& store, const run_options& options, Observers&... observers) {
    static_assert(require_checkpoint_store<Store>());
    static_assert((true && ... && require_observer<Observers>()));
    options.validate();
    if (options.resume)
        if (std::optional<std::pair<std::int64_t, state>> saved = store.load_latest()) trainer.load(saved->second);
    detail::check_same_start(trainer);
    const bool leads = detail::leads(trainer);

    const run_info info{
        .total_steps = options.steps, .start_step = trainer.steps_done(), .options = options.description};
    if (leads) (notify_start(observers, info), ...);
    run_summary summary;
    std::int64_t saved_at = trainer.steps_done();
    while (trainer.steps_done() < options.steps && !summary.interrupted) {
        step_report report = trainer.step();
        report.total_steps = options.steps;
        if (leads) (notify_step(observers, std::as_const(report)), ...);
        summary.steps = trainer.steps_done();
        summary.seconds = report.metric("seconds");
        summary.interrupted = detail::any_rank(trainer, options.interrupted());
        const bool due = options.checkpoint_every > 0 && trainer.steps_done() % options.checkpoint_every == 0;
        if (due || summary.interrupted || trainer.steps_done() == options.steps) {
            const state saved = trainer.save();  // all ranks, for each may hold a part of it
            if (leads) store.save(trainer.steps_done(), saved);
            saved_at = trainer.steps_done();
        }
    }
    summary.steps = saved_at;
    if (leads) (notify_end(observers, std::as_const(summary)), ...);
    return summary;
}

}  // namespace aha
