#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <aha/concepts/advantage.hpp>
#include <aha/concepts/aggregation.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/concepts/communicator.hpp>
#include <aha/concepts/divergence.hpp>
#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/policy_loss.hpp>
#include <aha/concepts/preference_loss.hpp>
#include <aha/concepts/prompt_source.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/concepts/supervised_loss.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/reward/reward_options.hpp>

/// The slots of trainers: which argument after the options is what, and the first line of the compiler's answer where
/// one is nothing.
namespace aha::detail {

/// Whether `T` is a lambda whose arguments are `auto`: asked whether it is an advantage, its body would be compiled for
/// scores, and fail there. Told by the compiler's name for it.
template <class T>
consteval bool has_untyped_call() {
    if constexpr (!std::is_class_v<T> || requires { &T::operator(); }) return false;
    else {
        std::string_view name = std::source_location::current().function_name();
        name = name.substr(name.find("T = ") + 4);
        const std::size_t closure = std::min(name.find("<lambda("), name.find("(lambda at"));
        return closure != std::string_view::npos && name.find('<') >= closure;
    }
}

/// Whether `T` fills the slot; a lambda that cannot be asked fills none.
template <class Slot, class T>
consteval bool fills() {
    if constexpr (has_untyped_call<T>()) return false;
    else return Slot::template holds<T>;
}

/// The first of `Args` for which `Slot::template holds<Arg>`, else `Default`.
template <class Slot, class Default, class... Args>
struct chosen {
    using type = Default;
    static constexpr bool given = false;
};

template <class Slot, class Default, class First, class... Rest>
struct chosen<Slot, Default, First, Rest...> {
    static constexpr bool here = fills<Slot, First>();
    using type = typename std::conditional_t<here, std::type_identity<First>, chosen<Slot, Default, Rest...>>::type;
    static constexpr bool given = here || chosen<Slot, Default, Rest...>::given;
};

template <class Slot, class Default, class... Args>
using chosen_t = typename chosen<Slot, Default, Args...>::type;

/// The argument for `Slot`, or what `make_default(type)` returns, which is only compiled when it is needed: a policy
/// that is given need not be default constructible.
template <class Slot, class Type, class Make, class... Args>
Type take_slot(std::tuple<Args...>& arguments, Make make_default) {
    static_assert((0 + ... + static_cast<int>(fills<Slot, Args>())) <= 1,
                  "aha: two arguments fit the same slot of the trainer; give one of each kind");
    if constexpr ((false || ... || fills<Slot, Args>())) return std::get<Type>(std::move(arguments));
    else return make_default(std::type_identity<Type>{});
}

/// The default-constructed policy.
struct make_plain {
    template <class Type>
    Type operator()(std::type_identity<Type>) const {
        return Type{};
    }
};

/// A slot by what fills it: `holds` says what does, `almost` what was probably meant to, and `explain` why it does not.
template <class Model>
struct sampler_slot {
    template <class T>
    static constexpr bool holds = sampler_for<T, Model>;
    template <class T>
    static constexpr bool almost = requires { &T::sample; };
    template <class T>
    static consteval bool explain() {
        return require_sampler_for<T, Model>();
    }
};
struct advantage_slot {
    template <class T>
    static constexpr bool holds = advantage<T> || batch_advantage<T>;
    template <class T>
    static constexpr bool almost =
        std::invocable<const T&, std::span<const score>> || std::invocable<const T&, std::span<const double>> ||
        std::invocable<const T&, std::span<const float>> || std::invocable<const T&, std::span<const rollout_group>>;
    template <class T>
    static consteval bool explain() {
        if constexpr (std::invocable<const T&, std::span<const rollout_group>>) return require_batch_advantage<T>();
        else return require_advantage<T>();
    }
};
struct loss_slot {
    template <class T>
    static constexpr bool holds = policy_loss<T>;
    template <class T>
    static constexpr bool almost = std::invocable<const T&, const policy_batch&> || requires { &T::needs_reference; };
    template <class T>
    static consteval bool explain() {
        return require_policy_loss<T>();
    }
};
struct aggregation_slot {
    template <class T>
    static constexpr bool holds = aggregation<T>;
    template <class T>
    static constexpr bool almost = std::invocable<const T&, std::span<const std::int64_t>>;
    template <class T>
    static consteval bool explain() {
        return require_aggregation<T>();
    }
};
struct supervised_loss_slot {
    template <class T>
    static constexpr bool holds = supervised_loss<T>;
    template <class T>
    static constexpr bool almost = std::invocable<const T&, const at::Tensor&>;
    template <class T>
    static consteval bool explain() {
        return require_supervised_loss<T>();
    }
};
struct preference_loss_slot {
    template <class T>
    static constexpr bool holds = preference_loss<T>;
    template <class T>
    static constexpr bool almost = std::invocable<const T&, const preference_log_probs&> || requires { &T::rewards; };
    template <class T>
    static consteval bool explain() {
        return require_preference_loss<T>();
    }
};
struct divergence_slot {
    template <class T>
    static constexpr bool holds = divergence<T>;
    template <class T>
    static constexpr bool almost = std::invocable<const T&, const at::Tensor&, const at::Tensor&>;
    template <class T>
    static consteval bool explain() {
        return require_divergence<T>();
    }
};
struct optimizer_slot {
    template <class T>
    static constexpr bool holds = optimizer<T>;
    template <class T>
    static constexpr bool almost = requires { &T::step; };
    template <class T>
    static consteval bool explain() {
        return require_optimizer<T>();
    }
};
struct schedule_slot {
    template <class T>
    static constexpr bool holds = schedule<T>;
    template <class T>
    static constexpr bool almost = std::invocable<T&, std::int64_t>;
    template <class T>
    static consteval bool explain() {
        return require_schedule<T>();
    }
};
struct reward_options_slot {
    template <class T>
    static constexpr bool holds = std::is_same_v<T, reward_options>;
    template <class T>
    static constexpr bool almost = false;
};
struct communicator_slot {
    template <class T>
    static constexpr bool holds = communicator<T>;
    template <class T>
    static constexpr bool almost = requires { &T::rank; };
    template <class T>
    static consteval bool explain() {
        return require_communicator<T>();
    }
};

/// The slots of a trainer.
template <class... Slots>
struct slot_list {
    /// Whether `Arg` fits one of them.
    template <class Arg>
    static constexpr bool hold = (false || ... || fills<Slots, Arg>());

    /// How many of them it fits.
    template <class Arg>
    static constexpr int count = (0 + ... + static_cast<int>(fills<Slots, Arg>()));

    /// True; else a compile-time error that says what to write: for an argument that fits none, but was probably meant
    /// to; for one that fits several, which would all take it; for a lambda that cannot be asked.
    template <class Arg>
    static consteval bool explain() {
        if constexpr (has_untyped_call<Arg>()) {
            static_assert(!has_untyped_call<Arg>(),
                          "aha: which slot a lambda with auto arguments is for cannot be told; write their types, as "
                          "in [](std::int64_t step) { ... } for a schedule");
            return true;
        } else {
            static_assert(count<Arg> <= 1,
                          "aha: an argument after the trainer's options fits two of its slots, say an advantage and an "
                          "aggregation; leave it one call operator, as operator()(std::span<const aha::score> scores)");
            if constexpr (hold<Arg>) return true;
            else return explain_first<Arg, Slots...>();
        }
    }

private:
    template <class Arg, class First, class... Rest>
    static consteval bool explain_first() {
        if constexpr (First::template almost<Arg>) return First::template explain<Arg>();
        else if constexpr (sizeof...(Rest) > 0) return explain_first<Arg, Rest...>();
        else return true;
    }
};

/// True; a compile-time error where `First` stands in the place of a trainer's options.
template <class Options, class First>
consteval bool options_come_first() {
    static_assert(std::convertible_to<First, Options>,
                  "aha: a trainer's options come before its policies (sampler, advantage, loss, optimizer, ...); "
                  "without options write {} in their place");
    return true;
}

/// What the trainers take after their options.
template <class Model>
using grpo_slots = slot_list<sampler_slot<Model>, advantage_slot, loss_slot, aggregation_slot, optimizer_slot,
                             schedule_slot, reward_options_slot, communicator_slot>;
using trainer_slots = slot_list<optimizer_slot, schedule_slot, communicator_slot>;
using sft_slots = slot_list<supervised_loss_slot, optimizer_slot, schedule_slot, communicator_slot>;
using dpo_slots = slot_list<preference_loss_slot, optimizer_slot, schedule_slot, communicator_slot>;
template <class Model>
using distill_slots = slot_list<divergence_slot, sampler_slot<Model>, optimizer_slot, schedule_slot, communicator_slot>;

/// True, or a compile-time error that says what is wrong with prompts or reward, or that they have changed places.
template <class Prompts, class Reward>
consteval bool require_prompts_then_reward() {
    constexpr bool changed_places = !prompt_source<Prompts> && prompt_source<Reward>;
    static_assert(!changed_places,
                  "aha: prompts come before the reward; write: aha::grpo{model, prompts, reward, options, ...}");
    if constexpr (changed_places) return true;
    else return require_prompt_source<Prompts>() && require_any_reward<Reward>();
}

/// The first base of a trainer that samples: the first complaint where there is no sampler.
template <class Sampler>
struct needs_sampler {
    static_assert(!std::is_void_v<Sampler>,
                  "aha: a bare model has no tokenizer, so a trainer that samples needs a sampler after the options; "
                  "write: aha::autoregressive_sampler{tokenizer, {.max_new_tokens = 64}}");
};

}  // namespace aha::detail
