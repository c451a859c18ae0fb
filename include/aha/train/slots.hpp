#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

/// Trainers take their policies in any order: each argument goes to the slot whose concept it satisfies, the others
/// keep their defaults. An argument that fits no slot, or two for one slot, is a compile-time error that says so.
namespace aha::detail {

/// The first of `Args` for which `Slot::template holds<Arg>`, else `Default`.
template <class Slot, class Default, class... Args>
struct chosen {
    using type = Default;
    static constexpr bool given = false;
};

template <class Slot, class Default, class First, class... Rest>
struct chosen<Slot, Default, First, Rest...> {
    static constexpr bool here = Slot::template holds<First>;
    using type = typename std::conditional_t<here, std::type_identity<First>, chosen<Slot, Default, Rest...>>::type;
    static constexpr bool given = here || chosen<Slot, Default, Rest...>::given;
};

template <class Slot, class Default, class... Args>
using chosen_t = typename chosen<Slot, Default, Args...>::type;

/// The argument for `Slot`, or what `make_default(type)` returns, which is only compiled when it is needed: a policy
/// that is given need not be default constructible.
template <class Slot, class Type, class Make, class... Args>
Type take_slot(std::tuple<Args...>& arguments, Make make_default) {
    static_assert((0 + ... + static_cast<int>(Slot::template holds<Args>)) <= 1,
                  "aha: two arguments fit the same slot of the trainer; give one of each kind");
    if constexpr ((false || ... || Slot::template holds<Args>)) return std::get<Type>(std::move(arguments));
    else return make_default(std::type_identity<Type>{});
}

/// The default-constructed policy.
struct make_plain {
    template <class Type>
    Type operator()(std::type_identity<Type>) const {
        return Type{};
    }
};

/// The slots of a trainer.
template <class... Slots>
struct slot_list;

template <>
struct slot_list<> {
    template <class>
    static constexpr bool hold = false;
    template <class>
    static constexpr int count = 0;
    template <class>
    static consteval bool explain() {
        return true;
    }
};

template <class First, class... Rest>
struct slot_list<First, Rest...> {
    /// Whether `Arg` fits one of them.
    template <class Arg>
    static constexpr bool hold = First::template holds<Arg> || slot_list<Rest...>::template hold<Arg>;

    /// How many of them it fits.
    template <class Arg>
    static constexpr int count = static_cast<int>(First::template holds<Arg>) + slot_list<Rest...>::template count<Arg>;

    /// True; for an argument that fits none, but resembles what one of them holds, a compile-time error that says what
    /// that slot asks for; for one that fits several, which would all take it, an error that says so.
    template <class Arg>
    static consteval bool explain() {
        static_assert(count<Arg> <= 1,
                      "aha: an argument after the trainer's options fits two of its slots, say an advantage and an "
                      "aggregation; write the types that its call operator takes, as "
                      "[](std::span<const aha::score> scores), instead of auto");
        if constexpr (hold<Arg>) return true;
        else if constexpr (First::template resembles<Arg>) return First::template explain<Arg>();
        else return slot_list<Rest...>::template explain<Arg>();
    }
};

}  // namespace aha::detail
