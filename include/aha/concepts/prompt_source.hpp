#pragma once

#include <optional>
#include <span>

#include <aha/concepts/result.hpp>
#include <aha/concepts/stateful.hpp>
#include <aha/core/records.hpp>

/// A prompt source gives the questions of a run, one after another.
///
/// 1. `next()` gives the next prompt, or nothing when there are no more. It fills `index`, `fields`, and `text` or
///    `messages`, and may fill `ids`. An `index` may come back, within a step too: the trainer tells such prompts apart
///    by `prompt::repeat`, so that each has draws of its own.
/// 2. `save() const` gives its place as an `aha::state`.
/// 3. `load(state)` goes back there: the prompts that follow are those that would have followed the save.
///
/// Not required: an end (a source may repeat for ever); a size; random access; copies (a trainer keeps it, so it can be
/// moved).
namespace aha {

/// `next()` gives a prompt or nothing.
template <class T>
concept prompt_source_has_next = requires(T& t) {
    { t.next() } -> detail::yields<std::optional<prompt>>;
};

/// The questions of a run.
template <class T>
concept prompt_source = prompt_source_has_next<T> && saves_state<T> && loads_state<T>;

/// `hear(std::span<const rollout_group>)`, not required: the source is told the scores of the prompts that it gave,
/// once per step and on every rank the same, and may choose the next ones by them.
template <class T>
concept prompt_source_hears_scores = requires(T& t, std::span<const rollout_group> groups) { t.hear(groups); };

/// True, or a compile-time error that says what to write.
template <class T>
consteval bool require_prompt_source() {
    static_assert(prompt_source_has_next<T>,
                  "aha: a prompt source gives the next prompt or nothing; write: std::optional<aha::prompt> next();");
    static_assert(saves_state<T>,
                  "aha: a prompt source gives its place for checkpoints; write: aha::state save() const;");
    static_assert(loads_state<T>,
                  "aha: a prompt source goes back to a saved place; write: void load(const aha::state& saved);");
    return true;
}

}  // namespace aha
