#pragma once

#include <initializer_list>
#include <memory>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

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

namespace detail {

/// A part of a sentence: any value that can be written to a stream, without its type, so that each kind of value is
/// compiled once and not each combination.
class sentence_part {
public:
    sentence_part(const char* text)
        : value_{text}, write_{[](std::ostream& out, const void* value) { out << static_cast<const char*>(value); }} {}

    template <class Value>
        requires(!std::is_array_v<Value>)
    sentence_part(const Value& value)
        : value_{std::addressof(value)},
          write_{[](std::ostream& out, const void* given) { out << *static_cast<const Value*>(given); }} {}

    friend std::ostream& operator<<(std::ostream& out, const sentence_part& part) {
        return part.write_(out, part.value_), out;
    }

private:
    const void* value_;
    void (*write_)(std::ostream&, const void*);
};

[[noreturn]] inline void throw_error(std::initializer_list<sentence_part> parts) {
    std::ostringstream sentence;
    for (const sentence_part& part : parts) sentence << part;
    throw error{sentence.str()};
}

}  // namespace detail

/// Throws `aha::error` with all parts streamed into one sentence.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
    detail::throw_error({detail::sentence_part{parts}...});
}

/// Throws `aha::error` built from `parts` unless `condition` holds. The parts are only formatted on failure.
template <class... Parts>
void require(bool condition, const Parts&... parts) {
    if (!condition) detail::throw_error({detail::sentence_part{parts}...});
}

}  // namespace aha
