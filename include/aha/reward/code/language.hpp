#pragma once

#include <string>
#include <vector>

#include <aha/core/error.hpp>

namespace aha::code {

/// How programs of a language are compiled and run: data, so that one more takes a few lines.
struct language {
    std::string name{};                       ///< "python"
    std::vector<std::string> fences{};        ///< the words after ``` that say a block is in it, in small letters
    std::string file{};                       ///< what the program's text is called in the sandbox, in /box
    std::vector<std::string> compile{};       ///< compiles /box/FILE and writes the program to its standard output;
                                              ///< empty: the text itself is run
    std::vector<std::string> run{};           ///< runs /box/FILE, or /box/program where it is compiled
    std::vector<std::string> memory_signs{};  ///< what an error output holds of a program that got no memory

    /// Python 3 as Debian installs it, without the user's own packages.
    static language python() {
        return {.name = "python",
                .fences = {"python", "python3", "py"},
                .file = "main.py",
                .run = {"/usr/bin/python3", "-I", "-B", "/box/main.py"},
                .memory_signs = {"MemoryError", "Cannot allocate memory"}};
    }

    /// C++20 by g++, with optimization.
    static language cpp() {
        return {.name = "c++",
                .fences = {"c++", "cpp", "cc", "cxx"},
                .file = "main.cpp",
                .compile = {"/bin/sh", "-c",
                            "g++ -std=c++20 -O2 -o /tmp/program /box/main.cpp >&2 && exec cat /tmp/program"},
                .run = {"/box/program"},
                .memory_signs = {"std::bad_alloc", "std::bad_array_new_length"}};
    }

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(!name.empty(), "a language needs a name");
        require(!file.empty(), "the language ", name, " needs a file name");
        require(!run.empty(), "the language ", name, " needs a command that runs its programs");
    }
};

}  // namespace aha::code
