#pragma once

#include <concepts>
#include <ranges>
#include <type_traits>

#include <aha/concepts/member_names.hpp>

/// What a type that fits no slot of a trainer was meant to be, by its members' names and its call's first argument: a
/// trainer then says what that slot asks for, instead of that nothing fits.
namespace aha::detail {

/// The names that give a slot away.
struct slot_names {
    int sample;                                   // a sampler's
    int step, save, load;                         // an optimizer's
    int needs_reference, ignores_zero_advantage;  // a policy loss's
    int rank;                                     // a communicator's
};

template <class T>
struct beside_slot_names : T, slot_names {};

template <class T>
concept has_sample = (open_class<T> && !requires { &beside_slot_names<T>::sample; }) || requires { &T::sample; };
template <class T>
concept has_step = (open_class<T> && !requires { &beside_slot_names<T>::step; }) || requires { &T::step; };
template <class T>
concept has_save = (open_class<T> && !requires { &beside_slot_names<T>::save; }) || requires { &T::save; };
template <class T>
concept has_load = (open_class<T> && !requires { &beside_slot_names<T>::load; }) || requires { &T::load; };
template <class T>
concept has_needs_reference =
    (open_class<T> && !requires { &beside_slot_names<T>::needs_reference; }) || requires { &T::needs_reference; };
template <class T>
concept has_ignores_zero_advantage = (open_class<T> && !requires { &beside_slot_names<T>::ignores_zero_advantage; }) ||
                                     requires { &T::ignores_zero_advantage; };

template <class T>
concept has_rank = (open_class<T> && !requires { &beside_slot_names<T>::rank; }) || requires { &T::rank; };

/// First argument and result of a call operator that is neither overloaded nor a template.
template <class Call>
struct call_types {};

template <class Result, class Class, class First, class... Rest>
struct call_types<Result (Class::*)(First, Rest...) const> {
    using first = std::remove_cvref_t<First>;
    using result = std::remove_cvref_t<Result>;
};
template <class Result, class Class, class First, class... Rest>
struct call_types<Result (Class::*)(First, Rest...)> : call_types<Result (Class::*)(First, Rest...) const> {};

template <class T>
using first_argument_t = typename call_types<decltype(&T::operator())>::first;
template <class T>
using call_result_t = typename call_types<decltype(&T::operator())>::result;

/// What the first argument is a range of.
template <class T>
using first_row_t = std::remove_cv_t<std::ranges::range_value_t<first_argument_t<T>>>;

/// Called with a `First`.
template <class T, class First>
concept takes = std::same_as<first_argument_t<T>, First>;

/// Called with a range of `Row`.
template <class T, class Row>
concept takes_row = std::same_as<first_row_t<T>, Row>;

/// Called with a range of floats, of counts, with a number.
template <class T>
concept takes_floats = std::floating_point<first_row_t<T>>;
template <class T>
concept takes_counts = std::integral<first_row_t<T>>;
template <class T>
concept takes_number = std::is_arithmetic_v<first_argument_t<T>>;

/// Gives a `Result` when it is called.
template <class T, class Result>
concept gives = std::same_as<call_result_t<T>, Result>;

}  // namespace aha::detail
