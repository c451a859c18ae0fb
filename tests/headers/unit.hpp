#pragma once

#include <string>

// Two translation units that include every header, defined by CMakeLists.txt: they link into one program, and what a
// header defines is the same thing in both.
namespace aha::test {

struct unit {
    const void* version;   ///< where the library's version is
    const void* function;  ///< where a function of the library is
    std::string words;     ///< what a header's code does
};

unit all_headers();
unit all_headers_after_macros();

}  // namespace aha::test
