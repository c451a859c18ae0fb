#pragma once

#include <concepts>

#include <aha/concepts/member_names.hpp>
#include <aha/core/report.hpp>

/// An observer is told how a run goes: it prints, writes files, draws curves. It has at least one hook, and no other
/// member that looks like one, so that nothing is silently never called.
///
/// 1. `on_start(const run_info&)` is called once, before the first step.
/// 2. `on_step(const step_report&)` is called after each step. With `step_report&` it may add metrics, which the
///    observers after it see; as `on_step(const step_report&, const Trainer&)` it sees the trainer, and its model. If
///    it gives a `bool`, true ends the run after this step.
/// 3. `on_end(const run_summary&)` is called once, when the run ends: after its last step, on an interrupt, or, with
///    `run_summary::failure`, where a step throws. (Not where an observer or the store throws.)
/// 4. It has at least one of these. Members with these names can be called with that record; what the others return
///    is ignored.
/// 5. It has no member whose name people write for a hook's: on_begin, on_steps, onStep, on_finish, step, ...
///
/// Not required: all three hooks; a base class; `const`; copies (a run is given references).
namespace aha {

/// `on_start(const run_info&)` can be called.
template <class O>
concept observes_start = requires(O& o, const run_info& info) { o.on_start(info); };

namespace detail {

/// Where no trainer is meant.
struct no_trainer {};

}  // namespace detail

/// `on_step(step_report&)` can be called.
template <class O>
concept observes_report = requires(O& o, step_report& report) { o.on_step(report); };

/// `on_step(step_report&, const Trainer&)` can be called.
template <class O, class Trainer>
concept observes_trainer = requires(O& o, step_report& report, const Trainer& trainer) { o.on_step(report, trainer); };

/// One of the two.
template <class O, class Trainer = detail::no_trainer>
concept observes_step = observes_report<O> || observes_trainer<O, Trainer>;

/// `on_end(const run_summary&)` can be called.
template <class O>
concept observes_end = requires(O& o, const run_summary& summary) { o.on_end(summary); };

/// A member called on_start, if there is one, is the hook.
template <class O>
concept observer_start_is_right = observes_start<O> || !detail::has_on_start<O>;

/// A member called on_step, if there is one, is the hook.
template <class O, class Trainer = detail::no_trainer>
concept observer_step_is_right = observes_step<O, Trainer> || !detail::has_on_step<O>;

/// A member called on_end, if there is one, is the hook.
template <class O>
concept observer_end_is_right = observes_end<O> || !detail::has_on_end<O>;

/// No member's name is taken for on_start.
template <class O>
concept observer_spells_start = !detail::has_on_starts<O> && !detail::has_on_begin<O> && !detail::has_onStart<O> &&
                                !detail::has_on_train_begin<O> && !detail::has_on_train_start<O>;

/// No member's name is taken for on_step.
template <class O>
concept observer_spells_step = !detail::has_on_steps<O> && !detail::has_onStep<O> && !detail::has_on_step_end<O> &&
                               !detail::has_on_step_begin<O> && !detail::has_step_function<O>;

/// No member's name is taken for on_end.
template <class O>
concept observer_spells_end = !detail::has_on_ends<O> && !detail::has_on_finish<O> && !detail::has_on_stop<O> &&
                              !detail::has_onEnd<O> && !detail::has_on_train_end<O>;

/// At least one hook.
template <class O, class Trainer = detail::no_trainer>
concept observer_has_a_hook = observes_start<O> || observes_step<O, Trainer> || observes_end<O>;

/// Is told how a run goes.
template <class O, class Trainer = detail::no_trainer>
concept observer =
    observer_start_is_right<O> && observer_step_is_right<O, Trainer> && observer_end_is_right<O> &&
    observer_spells_start<O> && observer_spells_step<O> && observer_spells_end<O> && observer_has_a_hook<O, Trainer>;

/// True, or a compile-time error that says what to write.
template <class O, class Trainer = detail::no_trainer>
consteval bool require_observer() {
    static_assert(observer_start_is_right<O>,
                  "aha: an observer's on_start cannot be called with a run's description; write, in public: "
                  "void on_start(const aha::run_info& info);");
    static_assert(observer_step_is_right<O, Trainer>,
                  "aha: an observer's on_step cannot be called with a step's report; write, in public: "
                  "void on_step(const aha::step_report& report);");
    static_assert(observer_end_is_right<O>,
                  "aha: an observer's on_end cannot be called with a run's summary; write, in public: "
                  "void on_end(const aha::run_summary& summary);");
    static_assert(
        observer_spells_start<O>,
        "aha: an observer's member on_starts, on_begin, onStart, on_train_begin or on_train_start would never be "
        "called; the hook's name is on_start; write: void on_start(const aha::run_info& info);");
    static_assert(
        observer_spells_step<O>,
        "aha: an observer's member on_steps, onStep, on_step_end, on_step_begin or step would never be called; "
        "the hook's name is on_step; write: void on_step(const aha::step_report& report);");
    static_assert(observer_spells_end<O>,
                  "aha: an observer's member on_ends, on_finish, on_stop, onEnd or on_train_end would never be called; "
                  "the hook's name is on_end; write: void on_end(const aha::run_summary& summary);");
    constexpr bool a_mistake_was_named =
        !(observer_start_is_right<O> && observer_step_is_right<O, Trainer> && observer_end_is_right<O> &&
          observer_spells_start<O> && observer_spells_step<O> && observer_spells_end<O>);
    static_assert(a_mistake_was_named || observer_has_a_hook<O, Trainer>,
                  "aha: an observer has at least one hook; write: void on_step(const aha::step_report& report); "
                  "or on_start(const aha::run_info&) or on_end(const aha::run_summary&)");
    return true;
}

/// Calls the observer's `on_start`, if it has one.
template <class O>
void notify_start(O& o, const run_info& info) {
    if constexpr (observes_start<O>) o.on_start(info);
}

/// Calls the observer's `on_step`, if it has one, and gives whether it wants the run to end.
template <class O, class Trainer = detail::no_trainer>
bool notify_step(O& o, step_report& report, const Trainer& trainer = {}) {
    const auto asks_to_end = [](const auto& call) {
        if constexpr (std::same_as<decltype(call()), bool>) return call();
        else return call(), false;
    };
    if constexpr (observes_trainer<O, Trainer>)
        return asks_to_end([&]() -> decltype(auto) { return o.on_step(report, trainer); });
    else if constexpr (observes_report<O>) return asks_to_end([&]() -> decltype(auto) { return o.on_step(report); });
    else return false;
}

/// Calls the observer's `on_end`, if it has one.
template <class O>
void notify_end(O& o, const run_summary& summary) {
    if constexpr (observes_end<O>) o.on_end(summary);
}

}  // namespace aha
