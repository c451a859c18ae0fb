#pragma once

#include <cstdint>
#include <type_traits>

#include <aha/concepts/advantage.hpp>
#include <aha/concepts/aggregation.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/concepts/divergence.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/policy_loss.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/concepts/supervised_loss.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/reward/reward_options.hpp>

namespace aha::detail {

/// The trainers' slots, by the concept that fills each.
template <class Model>
struct sampler_slot {
    template <class T>
    static constexpr bool holds = sampler_for<T, Model>;
};
struct advantage_slot {
    template <class T>
    static constexpr bool holds = advantage<T> || batch_advantage<T>;
};
struct loss_slot {
    template <class T>
    static constexpr bool holds = policy_loss<T>;
};
struct aggregation_slot {
    template <class T>
    static constexpr bool holds = aggregation<T>;
};
struct supervised_loss_slot {
    template <class T>
    static constexpr bool holds = supervised_loss<T>;
};
struct divergence_slot {
    template <class T>
    static constexpr bool holds = divergence<T>;
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

/// The schedule of a supervised trainer that is given none: a cosine to a tenth of the peak, as R1's.
struct make_decay_to_a_tenth {
    std::int64_t steps = 0;
    template <class Schedule>
    Schedule operator()(std::type_identity<Schedule>) const {
        return Schedule{{.total_steps = steps, .shape = decay_shape::cosine, .floor = 0.1}};
    }
};

}  // namespace aha::detail
