#pragma once

#include <aha/concepts/stateful.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/state.hpp>

/// An optimizer moves weights along their gradients.
///
/// 1. `step(weights, learning_rate)` reads `weights.gradients()` and writes `weights.values()`, in place. It leaves the
///    gradients as they are, allocates what it remembers at its first step, and is given the same layout at every step.
/// 2. `save() const` gives what it remembers (moments, counts) as an `aha::state`.
/// 3. `load(state)` takes it back: the steps that follow are those that would have followed the save, bit for bit.
///
/// Not required: a learning rate or schedule of its own; clipping; parameter groups (a parameter's slot says whether it
/// decays); default construction or copies (a trainer keeps it, so it can be moved).
namespace aha {

/// `step(const parameters&, double)` can be called.
template <class O>
concept optimizer_steps =
    requires(O& o, const parameters& weights, double learning_rate) { o.step(weights, learning_rate); };

/// Moves weights along their gradients.
template <class O>
concept optimizer = optimizer_steps<O> && saves_state<O> && loads_state<O>;

/// True, or a compile-time error that says what to write.
template <class O>
consteval bool require_optimizer() {
    static_assert(optimizer_steps<O>,
                  "aha: an optimizer moves the weights along their gradients; write: "
                  "void step(const aha::parameters& weights, double learning_rate);");
    static_assert(saves_state<O>,
                  "aha: an optimizer gives what it remembers for checkpoints; write: aha::state save() const;");
    static_assert(loads_state<O>,
                  "aha: an optimizer goes on from a checkpoint; write: void load(const aha::state& saved);");
    return true;
}

}  // namespace aha
