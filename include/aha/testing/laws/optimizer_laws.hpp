#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <array>
#include <string>

#include <aha/concepts/optimizer.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/state.hpp>
#include <aha/testing/laws/law.hpp>
#include <aha/testing/quadratic.hpp>

/// Laws of an optimizer:
///
///     struct my_case {
///         static my_optimizer make() { return my_optimizer{}; }
///         static constexpr double rate = 0.05;  // optional: with which it goes down a quadratic of curvatures 1 to 2
///     };
namespace aha::testing::optimizer_laws {

namespace detail {

template <class Case>
constexpr double rate() {
    if constexpr (requires { Case::rate; }) return Case::rate;
    else return 0.05;
}

template <class Case, class Optimizer>
void take_steps(Optimizer& optimizer, const quadratic& problem, int steps) {
    for (int i = 0; i < steps; ++i) {
        problem.fill_gradients();
        optimizer.step(problem.weights(), rate<Case>());
    }
}

}  // namespace detail

/// It goes downhill: from a quadratic's start to near its minimum.
template <class Case>
std::string goes_downhill() {
    auto optimizer = Case::make();
    const quadratic problem;
    const double before = problem.value();
    detail::take_steps<Case>(optimizer, problem, 300);
    const double after = problem.value();
    if (!(after < 0.1 * before)) return sentence("300 steps from ", before, " lead to ", after, "; the minimum is 0");
    return {};
}

/// The steps after a save and a load are those that would have followed, bit for bit: a run that was killed goes on.
template <class Case>
std::string goes_on_from_a_saved_state() {
    auto first = Case::make();
    const quadratic problem, copy;
    detail::take_steps<Case>(first, problem, 5);
    state saved = first.save();
    for (auto& [name, tensor] : saved.tensors) tensor = tensor.clone();  // as a store would write it
    copy.weights().values().copy_(problem.weights().values());
    detail::take_steps<Case>(first, problem, 5);
    auto second = Case::make();
    second.load(saved);
    detail::take_steps<Case>(second, copy, 5);
    if (at::equal(problem.weights().values(), copy.weights().values())) return {};
    return sentence("five steps after a load differ by up to ",
                    (problem.weights().values() - copy.weights().values()).abs().max().template item<double>(),
                    " from those without it");
}

/// Gradients are as they were: a trainer reports their norm, and clears them itself.
template <class Case>
std::string leaves_gradients_alone() {
    auto optimizer = Case::make();
    const quadratic problem;
    problem.fill_gradients();
    const at::Tensor before = problem.weights().gradients().clone();
    optimizer.step(problem.weights(), detail::rate<Case>());
    if (!at::equal(before, problem.weights().gradients())) return "changes the gradients that it was given";
    return {};
}

/// Two that are made alike take the same steps: a run can be repeated.
template <class Case>
std::string takes_the_same_steps_again() {
    auto first = Case::make(), second = Case::make();
    const quadratic one, other;
    detail::take_steps<Case>(first, one, 5);
    detail::take_steps<Case>(second, other, 5);
    if (!at::equal(one.weights().values(), other.weights().values()))
        return "two of them, made alike, go different ways";
    return {};
}

/// A learning rate of 0, which a warm-up begins with, moves nothing.
template <class Case>
std::string stands_still_at_rate_zero() {
    auto optimizer = Case::make();
    const quadratic problem;
    const at::Tensor before = problem.weights().values().clone();
    problem.fill_gradients();
    optimizer.step(problem.weights(), 0);
    if (!at::equal(before, problem.weights().values())) return "moves weights at learning rate 0";
    return {};
}

/// Gradients of zero, as of a step whose groups all agree, leave the weights finite.
template <class Case>
std::string survives_gradients_of_zero() {
    auto optimizer = Case::make();
    const quadratic problem;
    problem.weights().zero_gradients();
    for (int i = 0; i < 3; ++i) optimizer.step(problem.weights(), detail::rate<Case>());
    if (!at::isfinite(problem.weights().values()).all().template item<bool>())
        return "gradients of zero make weights that are not finite";
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 6> all() {
    return {{{"goes_downhill", goes_downhill<Case>},
             {"goes_on_from_a_saved_state", goes_on_from_a_saved_state<Case>},
             {"leaves_gradients_alone", leaves_gradients_alone<Case>},
             {"takes_the_same_steps_again", takes_the_same_steps_again<Case>},
             {"stands_still_at_rate_zero", stands_still_at_rate_zero<Case>},
             {"survives_gradients_of_zero", survives_gradients_of_zero<Case>}}};
}

}  // namespace aha::testing::optimizer_laws
