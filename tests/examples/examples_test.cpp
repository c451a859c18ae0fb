// The numbered examples: each is a folder that one can copy, builds alone against the installed package, and prints
// what is recorded beside it.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <tests/support/command.hpp>
#include <tests/support/on_all_processors.hpp>
#include <tests/support/text_files.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::run_command;
using aha::test::shell_word;
using aha::test::text_of;

const fs::path source = AHA_SOURCE, work = AHA_WORK, torch = AHA_TORCH;

std::vector<std::string> numbered() {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator{source / "examples"}) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory() && name[0] >= '0' && name[0] <= '9') names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

std::string configure(const fs::path& project, const fs::path& folder, const std::string& more) {
    return "cmake -G Ninja -S " + shell_word(project.string()) + " -B " + shell_word(folder.string()) +
           " -DCMAKE_CXX_COMPILER=" + shell_word(AHA_CXX) + " -DCMAKE_CXX_FLAGS=-O0 " AHA_LAUNCHER " " + more;
}

class examples : public testing::TestWithParam<std::string> {
protected:
    static void SetUpTestSuite() {
        fs::remove_all(work);
        fs::create_directories(work);
        const command_result made =
            run_command(configure(source, work / "build",
                                  "-DAHA_BUILD_TESTS=OFF -DAHA_BUILD_EXAMPLES=OFF -DAHA_BUILD_BENCHMARKS=OFF "
                                  "-DCMAKE_PREFIX_PATH=" +
                                      shell_word(torch.string())) +
                        " && cmake --install " + shell_word((work / "build").string()) + " --prefix " +
                        shell_word((work / "installed").string()));
        ASSERT_EQ(made.status, 0) << made.output;
        for (const std::string& name : numbered()) builds[name] = {};
        aha::test::on_all_processors(builds.size(), [](std::size_t i) {
            auto& [name, result] = *std::next(builds.begin(), static_cast<std::ptrdiff_t>(i));
            result = build_a_copy(name);
        });
    }

    static command_result build_a_copy(const std::string& name) {
        const fs::path copy = work / "copies" / name;
        fs::create_directories(copy.parent_path());
        fs::copy(source / "examples" / name, copy, fs::copy_options::recursive);
        return run_command(
            configure(copy, copy / "build",
                      "-DCMAKE_PREFIX_PATH=" + shell_word((work / "installed").string() + ";" + torch.string())) +
            " && cmake --build " + shell_word((copy / "build").string()));
    }

    static inline std::map<std::string, command_result> builds;
};

TEST_P(examples, builds_alone_and_prints_what_is_recorded) {
    const fs::path copy = work / "copies" / GetParam();
    const command_result& built = builds.at(GetParam());
    ASSERT_EQ(built.status, 0) << built.output;
    const command_result ran = run_command("cd " + shell_word(copy.string()) + " && build/" + GetParam());
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.output, text_of(copy / "expected.txt"));
}

INSTANTIATE_TEST_SUITE_P(numbered, examples, testing::ValuesIn(numbered()),
                         [](const auto& one) { return "example_" + one.param; });

TEST(example_folders, are_numbered_without_gaps) {
    const std::vector<std::string> names = numbered();
    ASSERT_GE(names.size(), 8U);
    for (std::size_t i = 0; i < names.size(); ++i) {
        char number[4];
        std::snprintf(number, sizeof number, "%02d_", static_cast<int>(i + 1));
        EXPECT_TRUE(names[i].starts_with(number)) << names[i];
    }
}

TEST(example_folders, are_short) {
    for (const std::string& name : numbered()) {
        const std::string text = text_of(source / "examples" / name / "main.cpp");
        EXPECT_LE(std::ranges::count(text, '\n'), 125) << name;
    }
}

}  // namespace
