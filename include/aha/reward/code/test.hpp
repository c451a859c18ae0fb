#pragma once

#include <string>
#include <vector>

#include <aha/core/error.hpp>

namespace aha::code {

/// What a program must do. What is expected never enters the program's sandbox.
struct test {
    std::string input{};    ///< its standard input
    std::string output{};   ///< what it must write to its standard output
    std::string harness{};  ///< text put after the program's, which calls its functions and writes what they give
    std::string checks{};  ///< Python's assertions, in place of all the others: they run in a sandbox of their own, and
                           ///< what they call of the program runs in the program's
    std::vector<std::string> names{};  ///< for `checks`: names that are the program's even where Python has such a one
                                       ///< itself; other names that neither Python nor the checks know are its too, and
                                       ///< `_program.NAME` always is

    /// Throws `aha::error` unless it is a test of one kind.
    void validate() const {
        require(checks.empty() || (input.empty() && output.empty() && harness.empty()),
                "a test has either checks or an output, not both");
    }
};

/// How an output is compared with the one that is expected.
struct output_comparison {
    bool by_words = false;  ///< by the words alone; else line by line, without blanks at the ends of lines and of all
    double tolerance = 0;   ///< how far a number may be off, relative to the expected one where that is over 1; 0: not
                            ///< at all, by its spelling

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(tolerance >= 0 && tolerance < 1, "tolerance must be at least 0 and under 1, not ", tolerance);
    }
};

}  // namespace aha::code
