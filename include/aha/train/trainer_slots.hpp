#pragma once

#include <cstdint>
#include <type_traits>

#include <aha/concepts/advantage.hpp>
#include <aha/concepts/aggregation.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/concepts/communicator.hpp>
#include <aha/concepts/divergence.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/policy_loss.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/concepts/supervised_loss.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/reward/reward_options.hpp>
#include <aha/train/resembles.hpp>
#include <aha/train/slots.hpp>

namespace aha::detail {

/// The trainers' slots, by the concept that fills each.
template <class Model>
struct sampler_slot {
    template <class T>
    static constexpr bool holds = sampler_for<T, Model>;
    template <class T>
    static constexpr bool resembles = has_sample<T>;
    template <class T>
    static consteval bool explain() {
        return require_sampler_for<T, Model>();
    }
};
struct advantage_slot {
    template <class T>
    static constexpr bool holds = advantage<T> || batch_advantage<T>;
    template <class T>
    static constexpr bool resembles = takes_floats<T> || takes_row<T, score> || takes_row<T, rollout_group>;
    template <class T>
    static consteval bool explain() {
        if constexpr (takes_row<T, rollout_group>) return require_batch_advantage<T>();
        else return require_advantage<T>();
    }
};
struct loss_slot {
    template <class T>
    static constexpr bool holds = policy_loss<T>;
    template <class T>
    static constexpr bool resembles =
        has_needs_reference<T> || has_ignores_zero_advantage<T> || takes<T, policy_batch> || gives<T, loss_output>;
    template <class T>
    static consteval bool explain() {
        return require_policy_loss<T>();
    }
};
struct aggregation_slot {
    template <class T>
    static constexpr bool holds = aggregation<T>;
    template <class T>
    static constexpr bool resembles = takes_counts<T>;
    template <class T>
    static consteval bool explain() {
        return require_aggregation<T>();
    }
};
struct supervised_loss_slot {
    template <class T>
    static constexpr bool holds = supervised_loss<T>;
    template <class T>
    static constexpr bool resembles = takes<T, at::Tensor>;
    template <class T>
    static consteval bool explain() {
        return require_supervised_loss<T>();
    }
};
struct divergence_slot {
    template <class T>
    static constexpr bool holds = divergence<T>;
    template <class T>
    static constexpr bool resembles = takes<T, at::Tensor>;
    template <class T>
    static consteval bool explain() {
        return require_divergence<T>();
    }
};
struct optimizer_slot {
    template <class T>
    static constexpr bool holds = optimizer<T>;
    template <class T>
    static constexpr bool resembles = has_step<T> || has_save<T> || has_load<T>;
    template <class T>
    static consteval bool explain() {
        return require_optimizer<T>();
    }
};
struct schedule_slot {
    template <class T>
    static constexpr bool holds = schedule<T>;
    template <class T>
    static constexpr bool resembles = takes_number<T>;
    template <class T>
    static consteval bool explain() {
        return require_schedule<T>();
    }
};
struct reward_options_slot {
    template <class T>
    static constexpr bool holds = std::is_same_v<T, reward_options>;
    template <class T>
    static constexpr bool resembles = false;
};

struct communicator_slot {
    template <class T>
    static constexpr bool holds = communicator<T>;
    template <class T>
    static constexpr bool resembles = has_rank<T>;
    template <class T>
    static consteval bool explain() {
        return require_communicator<T>();
    }
};

/// What the trainers take after their options.
template <class Model>
using grpo_slots = slot_list<sampler_slot<Model>, advantage_slot, loss_slot, aggregation_slot, optimizer_slot,
                             schedule_slot, reward_options_slot, communicator_slot>;
using trainer_slots = slot_list<optimizer_slot, schedule_slot, communicator_slot>;
using sft_slots = slot_list<supervised_loss_slot, optimizer_slot, schedule_slot, communicator_slot>;
template <class Model>
using distill_slots = slot_list<divergence_slot, sampler_slot<Model>, optimizer_slot, schedule_slot, communicator_slot>;

/// The schedule of a supervised trainer that is given none: a cosine to a tenth of the peak, as R1's.
inline schedule_options decay_to_a_tenth(std::int64_t steps, std::int64_t warmup = 0) {
    return {.warmup_steps = warmup, .total_steps = steps, .shape = decay_shape::cosine, .floor = 0.1};
}
struct make_decay_to_a_tenth {
    std::int64_t steps = 0, warmup = 0;
    template <class Schedule>
    Schedule operator()(std::type_identity<Schedule>) const {
        return Schedule{decay_to_a_tenth(steps, warmup)};
    }
};

}  // namespace aha::detail
