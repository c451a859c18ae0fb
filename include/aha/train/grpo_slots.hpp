#pragma once

#include <type_traits>

#include <aha/concepts/advantage.hpp>
#include <aha/concepts/aggregation.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/policy_loss.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/reward/reward_options.hpp>

namespace aha::detail {

/// The trainer's slots, by the concept that fills each.
template <class Model>
struct sampler_slot {
    template <class T>
    static constexpr bool holds = sampler_for<T, Model>;
};
struct advantage_slot {
    template <class T>
    static constexpr bool holds = advantage<T>;
};
struct loss_slot {
    template <class T>
    static constexpr bool holds = policy_loss<T>;
};
struct aggregation_slot {
    template <class T>
    static constexpr bool holds = aggregation<T>;
};
struct optimizer_slot {
    template <class T>
    static constexpr bool holds = optimizer<T>;
};
struct schedule_slot {
    template <class T>
    static constexpr bool holds = schedule<T>;
};
struct reward_options_slot {
    template <class T>
    static constexpr bool holds = std::is_same_v<T, reward_options>;
};

}  // namespace aha::detail
