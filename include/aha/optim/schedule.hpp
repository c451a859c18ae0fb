#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include <aha/core/error.hpp>

namespace aha {

/// How the learning rate falls after the warm-up.
enum class decay_shape { constant, linear, cosine };

/// Numbers of `warmup_schedule`.
struct schedule_options {
    std::int64_t warmup_steps = 0;              ///< steps of linear rise; the first has rate 0 if there are any
    std::int64_t total_steps = 0;               ///< where the decay ends; needed unless constant
    decay_shape shape = decay_shape::constant;  ///< after the warm-up
    double floor = 0;                           ///< share of the peak rate at the end: 0.1 decays to a tenth

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(warmup_steps >= 0, "warmup_steps must be 0 or more, not ", warmup_steps);
        require(shape == decay_shape::constant || total_steps > warmup_steps,
                "a decaying schedule needs total_steps beyond the ", warmup_steps, " of the warm-up, not ",
                total_steps);
        require(floor >= 0 && floor <= 1, "floor must be in [0, 1], not ", floor);
    }
};

/// Linear warm-up, then constant, linear or cosine: the factors of transformers' schedules of these names.
class warmup_schedule {
public:
    explicit warmup_schedule(schedule_options options = {}) : options_{options} { options_.validate(); }

    /// @param step counted from 0
    /// @return factor of the peak learning rate
    double operator()(std::int64_t step) const {
        const schedule_options& o = options_;
        if (step < o.warmup_steps) return static_cast<double>(step) / static_cast<double>(o.warmup_steps);
        if (o.shape == decay_shape::constant) return 1;
        const double done = std::min(
            1.0, static_cast<double>(step - o.warmup_steps) / static_cast<double>(o.total_steps - o.warmup_steps));
        const double left = o.shape == decay_shape::linear ? 1 - done : 0.5 * (1 + std::cos(std::numbers::pi * done));
        return o.floor + (1 - o.floor) * left;
    }

    const schedule_options& options() const { return options_; }  ///< what it was made with

private:
    schedule_options options_;
};

}  // namespace aha
