// The programs that the README names exist. (docs/shown_code.py compares the code that it shows.)
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include <tests/support/text_files.hpp>

namespace {

using aha::test::text_of;

const std::filesystem::path source = std::filesystem::path{AHA_TEST_DATA}.parent_path();

TEST(readme, names_only_programs_that_there_are) {
    const std::string readme = text_of(source / "README.md");
    for (const std::string runner : {"examples", "benchmarks"})
        for (std::size_t at = 0; (at = readme.find("`" + runner + "/run ", at)) != std::string::npos; ++at) {
            const std::size_t begin = at + runner.size() + 6;
            const std::string name = readme.substr(begin, readme.find_first_of(" `", begin) - begin);
            const auto folder = source / runner / name;
            EXPECT_TRUE(std::filesystem::exists(folder / "main.cpp") || std::filesystem::exists(folder / "run"))
                << name;
        }
}

}  // namespace
