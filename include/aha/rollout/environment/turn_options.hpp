#pragma once

#include <cmath>
#include <cstdint>

#include <aha/core/error.hpp>

namespace aha {

/// How a dialogue with an environment runs.
struct turn_options {
    std::int64_t max_turns = 16;      ///< of the policy; one that speaks more often is cut
    std::int64_t max_tokens = 0;      ///< of a whole completion, the environment's included; 0: the model's context.
                                      ///< `sampling_options::max_new_tokens` is the budget of a turn
    std::int64_t threads = 0;         ///< that call environments at once; 0: one a core
    double deadline_seconds = 0;      ///< an answer that takes longer has failed and is left behind; 0: wait for ever
    double patience_seconds = 0.005;  ///< how long a decoding step waits for answers that are on their way; with quick
                                      ///< environments all then go on side by side, and runs are equal bit for bit
    bool stop_at_failure = true;  ///< throw `aha::error` for an environment that fails; false: the completion ends as
                                  ///< `finish_reason::failed`
    bool operator==(const turn_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(max_turns > 0, "max_turns must be positive, not ", max_turns);
        require(max_tokens >= 0, "max_tokens must be 0 (the context) or more, not ", max_tokens);
        require(threads >= 0, "threads must be 0 (one a core) or more, not ", threads);
        require(std::isfinite(deadline_seconds) && deadline_seconds >= 0,
                "deadline_seconds must be 0 (none) or more, not ", deadline_seconds);
        require(std::isfinite(patience_seconds) && patience_seconds >= 0, "patience_seconds must be 0 or more, not ",
                patience_seconds);
    }
};

}  // namespace aha
