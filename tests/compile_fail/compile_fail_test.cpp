// Mistakes that users make, and the sentence the compiler then says first. Each file of cases/ holds a mistake and its
// correction, chosen by the macro AHA_DEFECT; its first line is a comment with a regular expression for the first
// error.
// A file of the same name that ends with .txt holds g++'s whole first error, for the documentation.
// The compiler is AHA_CXX, its flags AHA_CXX_FLAGS (as one writes them in a shell).
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct compilation {
    bool accepted = false;
    std::string output;
};

std::string quoted(const std::string& text) { return "'" + std::regex_replace(text, std::regex{"'"}, "'\\''") + "'"; }

compilation compile(const fs::path& file, const std::string& more_flags) {
    // Messages as the compiler's authors wrote them, one a line; plain quotes.
    const std::string command = "LC_ALL=C " + quoted(AHA_CXX) + " " AHA_CXX_FLAGS " -fsyntax-only " + more_flags + " " +
                                quoted(file.string()) + " 2>&1";
    compilation result;
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return {false, "cannot start " + command};
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        result.output.append(buffer.data(), n);
    const int status = ::pclose(pipe);
    result.accepted = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return result;
}

std::string first_error(const std::string& output) {
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);)
        if (std::regex_search(line, std::regex{R"((^|: )(fatal )?error: )"})) return line;
    return {};
}

/// What is wrong with the corrected half of a case; empty if nothing is.
std::string complaint_about_correction(const fs::path& file) {
    const compilation correct = compile(file, "-UAHA_DEFECT");
    return correct.accepted ? "" : file.string() + " does not compile without its mistake:\n" + correct.output;
}

/// What is wrong with the mistaken half of a case; empty if nothing is.
std::string complaint_about_mistake(const fs::path& file) {
    std::ifstream text{file};
    std::string line;
    std::getline(text, line);
    if (!line.starts_with("// ") || line.size() < 10)
        return file.string() + " does not begin with the expected sentence";
    const std::string expected = line.substr(3);
    const compilation mistaken = compile(file, "-DAHA_DEFECT");
    if (mistaken.accepted) return file.string() + " compiles in spite of its mistake";
    const std::string error = first_error(mistaken.output);
    const bool fatal = error.find("fatal error: ") != std::string::npos;  // a missing header, say
    const std::string sentence = error.substr(std::min(error.size(), error.find("error: ")));
    if (!fatal && std::regex_search(sentence, std::regex{expected})) {
        std::ifstream recorded{fs::path{file}.replace_extension(".txt")};
        std::string shown;
        if (!recorded.is_open() || (std::getline(recorded, shown) && shown == sentence)) return "";
        return "the documentation shows \"" + shown + "\" as the first error of " + file.string() + ", which is \"" +
               sentence + "\"";
    }
    return file.string() + ": the first error is not /" + expected + "/ but:\n" + error + "\nof\n" + mistaken.output;
}

const fs::path folder = fs::path{AHA_TEST_DATA} / "compile_fail";

std::vector<fs::path> cases() {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator{folder / "cases"})
        if (entry.path().extension() == ".cpp") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

// The harness itself, on files whose flaw is known.

std::string harness(const char* name) { return complaint_about_mistake(folder / "harness" / name); }

TEST(compile_fail_harness, accepts_a_right_pair) {
    EXPECT_EQ(harness("right.cpp"), "");
    EXPECT_EQ(complaint_about_correction(folder / "harness" / "right.cpp"), "");
}

TEST(compile_fail_harness, sees_a_mistake_that_compiles) {
    EXPECT_THAT(harness("defect_compiles.cpp"), testing::HasSubstr("compiles in spite of its mistake"));
}

TEST(compile_fail_harness, sees_another_sentence) {
    EXPECT_THAT(harness("other_message.cpp"), testing::HasSubstr("the first error is not"));
}

TEST(compile_fail_harness, sees_that_the_sentence_is_not_the_first_error) {
    EXPECT_THAT(harness("second_message.cpp"), testing::HasSubstr("the first error is not"));
    EXPECT_THAT(harness("message_in_a_warning.cpp"), testing::HasSubstr("the first error is not"));
}

TEST(compile_fail_harness, is_not_taken_in_by_a_missing_file_or_header) {
    EXPECT_THAT(harness("missing_header.cpp"), testing::HasSubstr("the first error is not"));
    EXPECT_THAT(complaint_about_mistake(folder / "harness" / "no_such_file.cpp"),
                testing::HasSubstr("does not begin with"));
    const std::string complaint = complaint_about_correction(folder / "harness" / "no_such_file.cpp");
    EXPECT_THAT(complaint, testing::HasSubstr("does not compile without its mistake"));
}

TEST(compile_fail_harness, sees_a_correction_that_does_not_compile) {
    EXPECT_EQ(harness("never_compiles.cpp"), "");
    EXPECT_THAT(complaint_about_correction(folder / "harness" / "never_compiles.cpp"),
                testing::HasSubstr("does not compile without its mistake"));
}

TEST(compile_fail_harness, wants_a_sentence) {
    EXPECT_THAT(harness("without_a_sentence.cpp"), testing::HasSubstr("does not begin with the expected sentence"));
}

TEST(compile_fail_harness, finds_the_cases) { EXPECT_GE(cases().size(), 9U); }

// The mistakes.

class compile_fail : public testing::TestWithParam<fs::path> {};

TEST_P(compile_fail, correction_compiles) { EXPECT_EQ(complaint_about_correction(GetParam()), ""); }

TEST_P(compile_fail, mistake_is_explained_first) { EXPECT_EQ(complaint_about_mistake(GetParam()), ""); }

INSTANTIATE_TEST_SUITE_P(cases, compile_fail, testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.stem().string(); });

}  // namespace
