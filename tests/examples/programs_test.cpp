// The programs of examples/ and benchmarks/ compile. They are built when they are first run, so nothing else would
// notice one that no longer does.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include <tests/support/command.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::run_command;
using aha::test::shell_word;

std::vector<fs::path> programs() {
    std::vector<fs::path> found;
    for (const char* folder : {"examples", "benchmarks"})
        for (const fs::directory_entry& entry : fs::directory_iterator{fs::path{AHA_SOURCE} / folder}) {
            const std::string name = entry.path().filename().string();
            const bool numbered = name[0] >= '0' && name[0] <= '9';  // those are built and run by themselves
            if (!numbered && fs::exists(entry.path() / "main.cpp")) found.push_back(entry.path() / "main.cpp");
        }
    std::ranges::sort(found);
    return found;
}

TEST(programs, compile) {
    const std::vector<fs::path> all = programs();
    EXPECT_GE(all.size(), 11U);
    const std::string torch = shell_word(AHA_TORCH "/include"), api = "/torch/csrc/api/include";
    const std::string compiler = shell_word(AHA_CLANG) +
                                 " -std=c++20 -fsyntax-only -DAHA_COMPILED -DAT_PER_OPERATOR_HEADERS -I" +
                                 shell_word(AHA_SOURCE) + " -I" + shell_word(AHA_SOURCE "/include") + " -isystem " +
                                 torch + " -isystem " + torch + api + " -isystem /usr/include/eigen3 ";
    std::vector<command_result> results(all.size());
    {
        std::atomic<std::size_t> next{0};
        std::vector<std::jthread> threads;
        for (unsigned n = std::max(1U, std::thread::hardware_concurrency()); n > 0; --n)
            threads.emplace_back([&] {
                for (std::size_t i = 0; (i = next++) < all.size();)
                    results[i] = run_command(compiler + shell_word(all[i].string()));
            });
    }
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(results[i].status, 0) << all[i] << '\n' << results[i].output;
}

}  // namespace
