#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include <aha/concepts/stateful.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
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

namespace aha::detail {

/// The temperature at which a sampler says that it samples, by `temperature()` or its options; nothing if it does not
/// say.
template <class Sampler>
std::optional<double> stated_temperature(const Sampler& sampler) {
    if constexpr (requires { static_cast<double>(sampler.temperature()); })
        return static_cast<double>(sampler.temperature());
    else if constexpr (requires { static_cast<double>(sampler.options().temperature); })
        return static_cast<double>(sampler.options().temperature);
    else return std::nullopt;
}

/// The temperature at which the trainer computes the log-probs of a sampler's completions: the sampler's own. 1 where
/// it is greedy, and where it does not say; `check_temperature` then looks whether that is right.
template <class Sampler>
double sampler_temperature(const Sampler& sampler) {
    const double stated = stated_temperature(sampler).value_or(1);
    require(stated >= 0 && std::isfinite(stated), "the sampler's temperature must be 0 (greedy) or more, not ", stated);
    return stated > 0 ? stated : 1;
}

/// Throws `aha::error` if a sampler that does not say its temperature cannot have sampled at 1: then
/// `behavior_log_probs` are not `log_probs`, and every ratio of the objective would be wrong in silence.
template <class Sampler>
void check_temperature(const Sampler& sampler, std::span<const rollout_group> groups) {
    if (stated_temperature(sampler)) return;
    constexpr double rounding = 0.01;
    for (const rollout_group& group : groups)
        for (const completion& c : group.completions)
            for (std::size_t t = 0; t < std::min(c.log_probs.size(), c.behavior_log_probs.size()); ++t)
                require(std::abs(c.behavior_log_probs[t] - c.log_probs[t]) <= rounding,
                        "the sampler gave behavior_log_probs that are not its log_probs (", c.behavior_log_probs[t],
                        " and ", c.log_probs[t], " in a completion of prompt ", group.prompt.index,
                        "), so it does not sample at temperature 1, but it does not say at which; write in the "
                        "sampler: double temperature() const;");
}

}  // namespace aha::detail
