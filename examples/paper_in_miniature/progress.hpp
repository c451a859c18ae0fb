#pragma once

#include <cstdint>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>

#include <aha/core/stopwatch.hpp>
#include <aha/io/progress_line.hpp>

namespace miniature {

/// Lines that say how far all seeds are together, for threads at once. What is left is measured in the expected seconds
/// of each stage; the pace is that of this run.
class progress {
public:
    /// A stage that is still to be done.
    void expect(double seconds) {
        const std::lock_guard guard{lock_};
        expected_ += seconds;
    }

    /// `seconds` of what was expected are done.
    /// @param line what to print; empty: nothing
    void advance(double seconds, const std::string& line) {
        const std::lock_guard guard{lock_};
        done_ += seconds;
        if (line.empty()) return;
        const double passed = since_start_.seconds();
        std::ostringstream text;
        text << aha::detail::readable_seconds(passed) << "  " << line;
        if (done_ > 0 && expected_ > done_)
            text << "  left " << aha::detail::readable_seconds(passed / done_ * (expected_ - done_));
        std::cout << text.str() << std::endl;
    }

private:
    std::mutex lock_;
    aha::stopwatch since_start_;
    double expected_ = 0, done_ = 0;
};

}  // namespace miniature
