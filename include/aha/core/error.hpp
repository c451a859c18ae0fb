#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace aha {

/// Every failure the library reports on purpose: one sentence that names the file, line or value at fault.
class error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A failure that every rank of a run meets at the same place, so that they can still do something together: save.
class joint_error : public error {
public:
    using error::error;
};

/// Throws `aha::error` with all parts streamed into one sentence.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
    std::ostringstream sentence;
    (sentence << ... << parts);
    throw error{sentence.str()};
}

/// Throws `aha::error` built from `parts` unless `condition` holds. The parts are only formatted on failure.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
    if (!condition) fail(parts...);
}

}  // namespace aha
