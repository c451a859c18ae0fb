#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>

#include <aha/core/error.hpp>

namespace aha::detail {

/// Throws `aha::error` for a schedule that gives learning rates where shares of the learning rate are asked: all that
/// it gives for the first 1000 steps is tiny, though something, and the learning rate that it multiplies is already
/// one. Such a run would train with the square of its rate, and stand still. Also for a number that is negative or not
/// finite. Looks no further than the first share that could be one: mostly at one step.
template <class Schedule>
void check_schedule(const Schedule& schedule, double learning_rate) {
    constexpr std::int64_t steps = 1000;
    constexpr double least_share = 1e-3, greatest_rate = 1e-2;
    double most = 0;
    for (std::int64_t step = 0; step < steps && most <= least_share; ++step) {
        double share = 0;
        try {
            share = static_cast<double>(schedule(step));
        } catch (const std::exception&) {
            break;  // it has no more steps than this
        }
        require(share >= 0 && std::isfinite(share), "the schedule gave ", share, " for step ", step,
                "; it gives the share of the learning rate, 0 or more");
        most = std::max(most, share);
    }
    require(most == 0 || most > least_share || learning_rate >= greatest_rate, "the schedule gives at most ", most,
            " in its first ", steps,
            " steps, which looks like a learning rate: a schedule gives the share of it that a step gets, 1 for all, "
            "and is multiplied by learning_rate, which is ",
            learning_rate, "; divide what it gives by its peak, and make that the learning_rate");
}

}  // namespace aha::detail
