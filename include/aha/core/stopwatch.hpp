#pragma once

#include <chrono>

namespace aha {

/// Seconds since it was made or restarted, by a clock that never goes back.
class stopwatch {
public:
    /// Since it was made or started again.
    double seconds() const { return std::chrono::duration<double>(clock::now() - start_).count(); }

    /// Begins anew; gives the seconds that had passed.
    double restart() {
        const double passed = seconds();
        start_ = clock::now();
        return passed;
    }

private:
    using clock = std::chrono::steady_clock;
    clock::time_point start_ = clock::now();
};

}  // namespace aha
