#pragma once

#include <aha/core/error.hpp>

namespace aha {

/// How long ranks wait for one another.
struct group_options {
    double meeting_seconds = 300;  ///< for all to have started
    double call_seconds = 1800;    ///< for the last to join a call: longer than the slowest rank's rollout and rewards

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(meeting_seconds > 0, "meeting_seconds must be positive, not ", meeting_seconds);
        require(call_seconds > 0, "call_seconds must be positive, not ", call_seconds);
    }
};

}  // namespace aha
