#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <sys/wait.h>

namespace aha::test {

struct command_result {
    int status = -1;     ///< the exit status; -1: it did not start or was killed
    std::string output;  ///< what it wrote, to standard error too
};

/// The text as one word of a shell command.
inline std::string shell_word(std::string_view text) {
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? "'\\''" : std::string{c};
    return word + "'";
}

/// Runs a shell command to its end.
inline command_result run_command(const std::string& command) {
    command_result result;
    std::FILE* const pipe = ::popen(("{ " + command + "\n} 2>&1").c_str(), "r");
    if (pipe == nullptr) return {-1, "cannot start " + command};
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        result.output.append(buffer.data(), n);
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
    return result;
}

}  // namespace aha::test
