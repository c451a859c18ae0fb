#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include <aha/concepts/schedule.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of a schedule:
///
///     struct my_case { static my_schedule make() { return my_schedule{}; } };
namespace aha::testing::schedule_laws {

namespace detail {
inline constexpr std::array<std::int64_t, 12> steps{0, 1, 2, 3, 9, 10, 11, 99, 100, 1000, 1'000'000, 1'000'000'000'000};
}  // namespace detail

/// Finite and at least 0, at every step, also long after its end: a negative rate climbs.
template <class Case>
std::string is_finite_and_never_negative() {
    const auto schedule = Case::make();
    for (const std::int64_t step : detail::steps)
        if (const double factor = schedule(step); !(factor >= 0 && std::isfinite(factor)))
            return sentence("gives ", factor, " at step ", step);
    return {};
}

/// A function of the step alone: a resumed run asks for the steps that are left, and gets the same rates.
template <class Case>
std::string depends_on_the_step_alone() {
    const auto asked_in_order = Case::make(), asked_once = Case::make();
    std::array<double, detail::steps.size()> factors{};
    for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = asked_in_order(detail::steps[i]);
    for (std::size_t i = factors.size(); i-- > 0;)
        if (const double factor = asked_once(detail::steps[i]); factor != factors[i])
            return sentence("gives ", factors[i], " or ", factor, " at step ", detail::steps[i],
                            ", whatever was asked before");
    return {};
}

/// Some step among the first hundred moves the weights.
template <class Case>
std::string lets_something_move() {
    const auto schedule = Case::make();
    for (std::int64_t step = 0; step < 100; ++step)
        if (schedule(step) != 0) return {};
    return "gives 0 at each of the first 100 steps";
}

/// All of them.
template <class Case>
constexpr std::array<law, 3> all() {
    return {{{"is_finite_and_never_negative", is_finite_and_never_negative<Case>},
             {"depends_on_the_step_alone", depends_on_the_step_alone<Case>},
             {"lets_something_move", lets_something_move<Case>}}};
}

}  // namespace aha::testing::schedule_laws
