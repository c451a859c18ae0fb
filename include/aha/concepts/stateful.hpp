#pragma once

#include <concepts>

#include <aha/concepts/result.hpp>
#include <aha/core/state.hpp>
#include <aha/core/state_values.hpp>

/// What prompt sources and optimizers have in common: they remember, and a checkpoint must be able to ask and to tell
/// them.
///
/// 1. `save() const` gives everything that the object's future behavior depends on as an `aha::state`,
///    or as `aha::state_values` if that is no tensor.
/// 2. `load(const state&)`, on an object made with the same arguments, puts it back: from then on it behaves bit for
///    bit as the saved one would have. It throws `aha::error` on a state that is not its own.
///
/// Not required: any particular keys inside the state; that `save` copies tensors (trainers copy those that are held
/// elsewhere too, so that what they save does not change when they go on).
namespace aha {

/// `save() const` gives an `aha::state`, or the part of one that needs no tensors.
template <class T>
concept saves_state = requires(const T& t) {
    { t.save() } -> detail::yields<state>;
} || requires(const T& t) {
    { t.save() } -> detail::yields<state_values>;
};

/// `load(const aha::state&)` takes one back.
template <class T>
concept loads_state = requires(T& t, const state& saved) { t.load(saved); };

/// Both.
template <class T>
concept stateful = saves_state<T> && loads_state<T>;

}  // namespace aha
