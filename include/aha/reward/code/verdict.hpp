#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aha::code {

/// What became of a program.
enum class outcome {
    accepted,       ///< it passes all tests
    wrong_answer,   ///< it gives something else
    error,          ///< it ends with an error, or writes more than it may
    out_of_time,    ///< it takes longer than it may
    out_of_memory,  ///< it wants more memory than it may have
    compile_error,  ///< it cannot be compiled
};

/// The word used in files and logs: "accepted", "wrong answer", "error", "time", "memory" or "compile error".
inline std::string_view to_string(outcome of) {
    switch (of) {
        case outcome::accepted: return "accepted";
        case outcome::wrong_answer: return "wrong answer";
        case outcome::error: return "error";
        case outcome::out_of_time: return "time";
        case outcome::out_of_memory: return "memory";
        case outcome::compile_error: break;
    }
    return "compile error";
}

/// What a program's tests say.
struct verdict {
    outcome result = outcome::accepted;         ///< of the first test that fails, else accepted
    std::size_t tests = 0;                      ///< how many there are
    std::size_t passed = 0;                     ///< how many of those that were run it passes
    std::optional<std::size_t> failing_test{};  ///< the first that fails, counted from 0
    std::string reason{};                       ///< the end of its error output, or of what it wrote
};

}  // namespace aha::code
