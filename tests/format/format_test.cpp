// The sources are as .clang-format says, and what clang-tidy with .clang-tidy says of headers that need no tensor is
// nothing. (Headers with tensors take it minutes; CONTRIBUTING.md has the command.)
#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <tests/support/command.hpp>
#include <tests/support/made_folder.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::run_command;
using aha::test::shell_word;

const fs::path root = fs::path{AHA_TEST_DATA}.parent_path();

/// The sources below the folders; the mistakes of tests/compile_fail are no models of style.
std::vector<std::string> sources() {
    std::vector<std::string> found;
    for (const char* folder : {"include", "examples", "tests", "benchmarks"})
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator{root / folder}) {
            const std::string path = entry.path().string();
            if ((path.ends_with(".hpp") || path.ends_with(".ipp") || path.ends_with(".cpp")) &&
                path.find("compile_fail/") == std::string::npos)
                found.push_back(path);
        }
    std::ranges::sort(found);
    return found;
}

/// Names each of `files` that clang-format would write otherwise. Its own --dry-run also complains of replacements that
/// change nothing, such as the comment behind a namespace whose name is a macro.
command_result differences(const std::string& files) {
    return run_command("cd " + shell_word(root.string()) + " && status=0; for file in " + files + "; do " +
                       shell_word(AHA_CLANG_FORMAT) +
                       " --style=file:.clang-format \"$file\" | cmp -s - \"$file\" || "
                       "{ echo \"$file\"; status=1; }; done; exit $status");
}

TEST(format, every_source_is_as_clang_format_writes_it) {
    std::string files;
    for (const std::string& path : sources()) files += shell_word(path) + " ";
    const command_result formatted = differences(files);
    EXPECT_EQ(formatted.status, 0) << "Debian's package clang-format-16 must be installed; tests/run does it\n"
                                   << formatted.output.substr(0, 4000);
}

TEST(format, sees_what_is_not) {
    const aha::test::made_folder folder;
    const fs::path right = folder.file("right.cpp", "int x;\n"), wrong = folder.file("wrong.cpp", "int   x;\n");
    EXPECT_EQ(differences(shell_word(right.string())).status, 0);
    const command_result seen = differences(shell_word(right.string()) + " " + shell_word(wrong.string()));
    EXPECT_NE(seen.status, 0);
    EXPECT_EQ(seen.output, wrong.string() + "\n");
}

TEST(tidy, has_nothing_to_say_of_advantages_and_rewards) {
    std::string includes;
    for (const std::string& path : sources())
        if (path.find("include/aha/advantage/") != std::string::npos ||
            path.find("include/aha/reward/") != std::string::npos)
            if (path.find("cld2") == std::string::npos && path.find("model_reward") == std::string::npos &&
                path.find("model_judge") == std::string::npos)
                includes += "#include <" + fs::path{path}.lexically_relative(root / "include").string() + ">\\n";
    const aha::test::made_folder folder;
    const fs::path unit = folder / "unit.cpp";
    const command_result tidy =
        run_command("printf '" + includes + "' > " + shell_word(unit.string()) + " && " + shell_word(AHA_CLANG_TIDY) +
                    " --quiet --warnings-as-errors='*' --header-filter='include/aha' --config-file=" +
                    shell_word((root / ".clang-tidy").string()) + " " + shell_word(unit.string()) +
                    " -- -std=c++20 -I" + shell_word((root / "include").string()) + " -isystem /usr/include/eigen3");
    EXPECT_EQ(tidy.status, 0) << "Debian's package clang-tidy-16 must be installed; tests/run does it\n"
                              << tidy.output.substr(0, 4000);
}

}  // namespace
