#pragma once

#include <concepts>
#include <cstdint>

#include <aha/concepts/result.hpp>

/// A schedule says what share of the learning rate a step gets. A lambda is one.
///
/// 1. It is called as a const object with the step, counted from 0, as `std::int64_t`.
/// 2. It gives a finite number >= 0 that multiplies the learning rate, and the same one for the same step.
///
/// Not required: a memory (it is a function of the step, so a resumed run needs nothing saved); default construction or
/// copies.
namespace aha {

/// Callable as a const object with a step.
template <class S>
concept schedule_is_callable = std::invocable<const S&, std::int64_t>;

/// Gives a number.
template <class S>
concept schedule_gives_number = schedule_is_callable<S> && requires(const S& s, std::int64_t step) {
    { s(step) } -> detail::yields_number;
};

/// The learning rate's course.
template <class S>
concept schedule = schedule_is_callable<S> && schedule_gives_number<S>;

/// True, or a compile-time error that says what to write.
template <class S>
consteval bool require_schedule() {
    static_assert(schedule_is_callable<S>,
                  "aha: a schedule is called as a const object with the step; write: "
                  "double operator()(std::int64_t step) const;");
    static_assert(!schedule_is_callable<S> || schedule_gives_number<S>,
                  "aha: a schedule gives the factor of the learning rate; make its operator() return: double");
    return true;
}

}  // namespace aha
