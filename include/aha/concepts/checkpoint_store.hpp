#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <aha/concepts/result.hpp>
#include <aha/core/state.hpp>

/// A checkpoint store keeps the state of a run where a crash cannot reach it.
///
/// 1. `save(step, state)` keeps `state` under `step`, whole or not at all: killed half-way, the checkpoints before it
///    are still what `load_latest` finds. When it returns, the state is safe.
/// 2. `load_latest()` gives the kept state with the greatest step, and that step; nothing when there is none. It throws
///    `aha::error` for a checkpoint that is damaged.
///
/// Not required: that older checkpoints stay; `const`; files (a store may be a socket or a map).
namespace aha {

/// `save(std::int64_t, const state&)` can be called.
template <class S>
concept store_saves = requires(S& s, std::int64_t step, const state& whole) { s.save(step, whole); };

/// `load_latest()` gives a step and a state, or nothing.
template <class S>
concept store_loads_latest = requires(S& s) {
    { s.load_latest() } -> detail::yields<std::optional<std::pair<std::int64_t, state>>>;
};

/// Keeps the state of a run.
template <class S>
concept checkpoint_store = store_saves<S> && store_loads_latest<S>;

/// True, or a compile-time error that says what to write.
template <class S>
consteval bool require_checkpoint_store() {
    static_assert(store_saves<S>,
                  "aha: a checkpoint store keeps a state under a step; write: "
                  "void save(std::int64_t step, const aha::state& whole);");
    static_assert(store_loads_latest<S>,
                  "aha: a checkpoint store gives the latest state back, or nothing; write: "
                  "std::optional<std::pair<std::int64_t, aha::state>> load_latest();");
    return true;
}

}  // namespace aha
