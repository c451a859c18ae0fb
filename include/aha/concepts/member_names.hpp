#pragma once

#include <type_traits>

/// Whether a class has a member of a given name, whatever it is: callable or not, public or not, overloaded, a
/// template.
namespace aha::detail {

/// The names that observers are looked through for.
struct observer_names {
    int on_start, on_step, on_end;                                     // the hooks
    int on_starts, on_begin, onStart, on_train_begin, on_train_start;  // taken for on_start
    int on_steps, onStep, on_step_end, on_step_begin;                  // taken for on_step
    int on_ends, on_finish, on_stop, onEnd, on_train_end;              // taken for on_end
};

/// Inherits every name above, and once more those that `T` has: these are ambiguous, so they cannot be named.
template <class T>
struct beside_names : T, observer_names {};

/// A class that can be inherited from; of others only members with an address (no overloads, no templates) are seen.
template <class T>
concept open_class = std::is_class_v<T> && !std::is_final_v<T>;

template <class T>
concept has_on_start = (open_class<T> && !requires { &beside_names<T>::on_start; }) || requires { &T::on_start; };
template <class T>
concept has_on_step = (open_class<T> && !requires { &beside_names<T>::on_step; }) || requires { &T::on_step; };
template <class T>
concept has_on_end = (open_class<T> && !requires { &beside_names<T>::on_end; }) || requires { &T::on_end; };

template <class T>
concept has_on_starts = (open_class<T> && !requires { &beside_names<T>::on_starts; }) || requires { &T::on_starts; };
template <class T>
concept has_on_begin = (open_class<T> && !requires { &beside_names<T>::on_begin; }) || requires { &T::on_begin; };
template <class T>
concept has_onStart = (open_class<T> && !requires { &beside_names<T>::onStart; }) || requires { &T::onStart; };
template <class T>
concept has_on_train_begin =
    (open_class<T> && !requires { &beside_names<T>::on_train_begin; }) || requires { &T::on_train_begin; };
template <class T>
concept has_on_train_start =
    (open_class<T> && !requires { &beside_names<T>::on_train_start; }) || requires { &T::on_train_start; };

template <class T>
concept has_on_steps = (open_class<T> && !requires { &beside_names<T>::on_steps; }) || requires { &T::on_steps; };
template <class T>
concept has_onStep = (open_class<T> && !requires { &beside_names<T>::onStep; }) || requires { &T::onStep; };
template <class T>
concept has_on_step_end =
    (open_class<T> && !requires { &beside_names<T>::on_step_end; }) || requires { &T::on_step_end; };
template <class T>
concept has_on_step_begin =
    (open_class<T> && !requires { &beside_names<T>::on_step_begin; }) || requires { &T::on_step_begin; };

/// A member function `step`; a number of that name is nobody's hook.
template <class T>
concept has_step_function = requires { requires std::is_member_function_pointer_v<decltype(&T::step)>; };

template <class T>
concept has_on_ends = (open_class<T> && !requires { &beside_names<T>::on_ends; }) || requires { &T::on_ends; };
template <class T>
concept has_on_finish = (open_class<T> && !requires { &beside_names<T>::on_finish; }) || requires { &T::on_finish; };
template <class T>
concept has_on_stop = (open_class<T> && !requires { &beside_names<T>::on_stop; }) || requires { &T::on_stop; };
template <class T>
concept has_onEnd = (open_class<T> && !requires { &beside_names<T>::onEnd; }) || requires { &T::onEnd; };
template <class T>
concept has_on_train_end =
    (open_class<T> && !requires { &beside_names<T>::on_train_end; }) || requires { &T::on_train_end; };

}  // namespace aha::detail
