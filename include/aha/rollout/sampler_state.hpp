#pragma once

#include <utility>

#include <aha/concepts/stateful.hpp>
#include <aha/core/error.hpp>
#include <aha/core/state.hpp>

namespace aha::detail {

/// Puts what the sampler remembers into a trainer's state, if it says it (`save` and `load`).
template <class Sampler>
void save_sampler(state& to, const Sampler& sampler) {
    if constexpr (stateful<Sampler>) to.put("sampler", sampler.save());
}

/// A copy of what the sampler remembers, for `load_sampler` after a step that fails.
template <class Sampler>
state sampler_memory(const Sampler& sampler) {
    state memory;
    save_sampler(memory, sampler);
    return owning(std::move(memory));
}

/// Gives it back. Throws `aha::error` for a state that was made with a sampler without.
template <class Sampler>
void load_sampler(const state& from, Sampler& sampler) {
    if constexpr (stateful<Sampler>) {
        require(from.values.contains("sampler"),
                "the checkpoint holds nothing of a sampler's, but this run's sampler remembers something");
        sampler.load(from.part("sampler"));
    }
}

}  // namespace aha::detail
