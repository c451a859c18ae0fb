// The programs that the README names exist. (docs/shown_code.py compares the code that it shows.)
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in{std::filesystem::path{AHA_TEST_DATA}.parent_path() / file, std::ios::binary};
    EXPECT_TRUE(in.is_open()) << file;
    return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(readme, names_only_programs_that_there_are) {
    const std::string readme = text_of("README.md");
    for (const std::string runner : {"examples", "benchmarks"})
        for (std::size_t at = 0; (at = readme.find("`" + runner + "/run ", at)) != std::string::npos; ++at) {
            const std::size_t begin = at + runner.size() + 6;
            const std::string name = readme.substr(begin, readme.find_first_of(" `", begin) - begin);
            const auto folder = std::filesystem::path{AHA_TEST_DATA}.parent_path() / runner / name;
            EXPECT_TRUE(std::filesystem::exists(folder / "main.cpp") || std::filesystem::exists(folder / "run"))
                << name;
        }
}

}  // namespace
