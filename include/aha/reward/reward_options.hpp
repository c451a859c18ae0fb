#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

#include <aha/core/error.hpp>

namespace aha {

/// What to do when a reward throws, gives a number that is not finite, or takes longer than its deadline.
enum class failure_rule {
    stop,            ///< throw `aha::error` for the first failure, in the order of prompts and samples
    score_zero,      ///< report it and score the completion 0
    not_applicable,  ///< report it and leave the completion out of its group's statistics
};

/// How the reward stage runs.
struct reward_options {
    std::int64_t threads = 0;     ///< that call the reward at once; 0: one a core
    double slow_seconds = 10;     ///< a call that takes longer is reported while it runs; 0: never
    double deadline_seconds = 0;  ///< a call that takes longer has failed and is left behind; 0: wait for ever
    failure_rule on_failure = failure_rule::stop;      ///< what a completion gets whose reward threw or gave a NaN
    std::function<void(const std::string&)> report{};  ///< called with one line, on the thread that called
                                                       ///< `run_rewards`; empty: the standard error stream

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(threads >= 0, "threads must be 0 (one a core) or more, not ", threads);
        require(std::isfinite(slow_seconds) && slow_seconds >= 0, "slow_seconds must be 0 (never) or more, not ",
                slow_seconds);
        require(std::isfinite(deadline_seconds) && deadline_seconds >= 0,
                "deadline_seconds must be 0 (none) or more, not ", deadline_seconds);
    }
};

}  // namespace aha
