// Mistakes that users make, and the sentence the compiler then says first. Each file of cases/ holds a mistake and its
// correction, chosen by the macro AHA_DEFECT; its first line is a comment with a regular expression for the first
// error.
// A file of the same name that ends with .txt holds g++'s whole first error, for the documentation.
// The compilers are AHA_CXX and AHA_CLANG, their flags AHA_CXX_FLAGS (as one writes them in a shell).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <tests/support/command.hpp>
#include <tests/support/on_all_processors.hpp>

namespace {

namespace fs = std::filesystem;

/// A compiler, and whether a case's .txt holds its words.
struct compiler {
    std::string name;
    std::string path;
    bool documented = false;
};

const compiler usual{"usual", AHA_CXX, true}, clang{"clang", AHA_CLANG};

/// The flags with which a compiler begins with other libraries' headers precompiled: half of the cases' time.
std::string precompiled_flags(const compiler& with) {
    static std::mutex guard;
    static std::map<std::string, std::string> made;
    const std::lock_guard lock{guard};
    const auto [at, is_new] = made.try_emplace(with.name);
    if (!is_new) return at->second;
    const fs::path folder = fs::path{AHA_WORK} / with.name, header = folder / "others.hpp";
    fs::create_directories(folder);
    std::ofstream{header} << "#include <ATen/Parallel.h>\n#include <ATen/TensorOperators.h>\n"
                             "#include <ATen/core/Tensor.h>\n#include <nlohmann/json.hpp>\n"
                             "#include <torch/csrc/autograd/custom_function.h>\n";
    const bool gcc = with.name == usual.name;  // which is g++
    const fs::path out = folder / (gcc ? "others.hpp.gch" : "others.pch");
    const aha::test::command_result done =
        aha::test::run_command(aha::test::shell_word(with.path) + " " AHA_CXX_FLAGS " -x c++-header " +
                               aha::test::shell_word(header.string()) + " -o " + aha::test::shell_word(out.string()));
    EXPECT_EQ(done.status, 0) << done.output;
    return at->second = (gcc ? "-include " : "-include-pch ") + aha::test::shell_word((gcc ? header : out).string());
}

struct compilation {
    bool accepted = false;
    std::string output;
};

compilation compile(const compiler& with, const fs::path& file, const std::string& more_flags) {
    // Messages as the compiler's authors wrote them, one a line; plain quotes.
    const aha::test::command_result done =
        aha::test::run_command("LC_ALL=C " + aha::test::shell_word(with.path) + " " AHA_CXX_FLAGS " -fsyntax-only " +
                               precompiled_flags(with) + " " + more_flags + " " + aha::test::shell_word(file.string()));
    return {done.status == 0, done.output};
}

std::string first_error(const std::string& output) {
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);)
        if (std::regex_search(line, std::regex{R"((^|: )(fatal )?error: )"})) return line;
    return {};
}

/// What is wrong with the corrected half of a case; empty if nothing is.
std::string complaint_about_correction(const compiler& with, const fs::path& file) {
    const compilation correct = compile(with, file, "-UAHA_DEFECT");
    return correct.accepted ? "" : file.string() + " does not compile without its mistake:\n" + correct.output;
}

/// Whether the corrected halves of all files compile in one unit, each in a namespace of its own: that takes as long
/// as a few of them alone.
bool all_corrections_compile(const compiler& with, const std::vector<fs::path>& files) {
    static const std::regex directive{R"(^#include <.*)"};
    std::set<std::string> includes;
    std::string cases;
    for (const fs::path& file : files) {
        std::ifstream text{file};
        for (std::string line; std::getline(text, line);)
            if (std::regex_match(line, directive)) includes.insert(line + "\n");
        cases += "namespace " + file.stem().string() + " {\n#include \"" + file.string() + "\"\n}\n";
    }
    const fs::path unit = fs::path{AHA_WORK} / with.name / "corrections.cpp";
    fs::create_directories(unit.parent_path());
    std::ofstream out{unit};
    for (const std::string& line : includes) out << line;
    out << cases;
    out.close();
    return compile(with, unit, "-UAHA_DEFECT").accepted;
}

/// What is wrong with the mistaken half of a case; empty if nothing is.
std::string complaint_about_mistake(const compiler& with, const fs::path& file) {
    std::ifstream text{file};
    std::string line;
    std::getline(text, line);
    if (!line.starts_with("// ") || line.size() < 10)
        return file.string() + " does not begin with the expected sentence";
    const std::string expected = line.substr(3);
    const compilation mistaken = compile(with, file, "-DAHA_DEFECT");
    if (mistaken.accepted) return file.string() + " compiles in spite of its mistake";
    const std::string error = first_error(mistaken.output);
    const bool fatal = error.find("fatal error: ") != std::string::npos;  // a missing header, say
    const std::string sentence = error.substr(std::min(error.size(), error.find("error: ")));
    if (!fatal && std::regex_search(sentence, std::regex{expected})) {
        std::ifstream recorded{fs::path{file}.replace_extension(".txt")};
        std::string shown;
        if (!with.documented || !recorded.is_open() || (std::getline(recorded, shown) && shown == sentence)) return "";
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

class compile_fail_harness : public testing::TestWithParam<compiler> {
protected:
    static std::string harness(const char* name) {
        return complaint_about_mistake(GetParam(), folder / "harness" / name);
    }
    static std::string corrected_harness(const char* name) {
        return complaint_about_correction(GetParam(), folder / "harness" / name);
    }
};

TEST_P(compile_fail_harness, accepts_a_right_pair) {
    EXPECT_EQ(harness("right.cpp"), "");
    EXPECT_EQ(corrected_harness("right.cpp"), "");
}

TEST_P(compile_fail_harness, sees_a_mistake_that_compiles) {
    EXPECT_THAT(harness("defect_compiles.cpp"), testing::HasSubstr("compiles in spite of its mistake"));
}

TEST_P(compile_fail_harness, sees_another_sentence) {
    EXPECT_THAT(harness("other_message.cpp"), testing::HasSubstr("the first error is not"));
}

TEST_P(compile_fail_harness, sees_that_the_sentence_is_not_the_first_error) {
    EXPECT_THAT(harness("second_message.cpp"), testing::HasSubstr("the first error is not"));
    EXPECT_THAT(harness("message_in_a_warning.cpp"), testing::HasSubstr("the first error is not"));
}

TEST_P(compile_fail_harness, is_not_taken_in_by_a_missing_file_or_header) {
    EXPECT_THAT(harness("missing_header.cpp"), testing::HasSubstr("the first error is not"));
    EXPECT_THAT(harness("no_such_file.cpp"), testing::HasSubstr("does not begin with"));
    const std::string complaint = corrected_harness("no_such_file.cpp");
    EXPECT_THAT(complaint, testing::HasSubstr("does not compile without its mistake"));
}

TEST_P(compile_fail_harness, sees_a_correction_that_does_not_compile) {
    EXPECT_EQ(harness("never_compiles.cpp"), "");
    EXPECT_THAT(corrected_harness("never_compiles.cpp"), testing::HasSubstr("does not compile without its mistake"));
}

TEST_P(compile_fail_harness, sees_among_others_a_correction_that_does_not_compile) {
    const fs::path right = folder / "harness" / "right.cpp";
    EXPECT_TRUE(all_corrections_compile(GetParam(), {right}));
    EXPECT_FALSE(all_corrections_compile(GetParam(), {right, folder / "harness" / "never_compiles.cpp"}));
}

TEST_P(compile_fail_harness, wants_a_sentence) {
    EXPECT_THAT(harness("without_a_sentence.cpp"), testing::HasSubstr("does not begin with the expected sentence"));
}

std::string compiler_of(const testing::TestParamInfo<compiler>& one) { return one.param.name; }
INSTANTIATE_TEST_SUITE_P(compilers, compile_fail_harness, testing::Values(usual, clang), compiler_of);

TEST(compile_fail_cases, are_found) { EXPECT_GE(cases().size(), 9U); }

// The mistakes.

class compile_fail : public testing::TestWithParam<std::tuple<compiler, fs::path>> {
protected:
    struct complaints {
        std::string correction, mistake;
    };

    /// Every case is compiled once, on all processors, when the first test asks.
    static const complaints& of(const compiler& with, const fs::path& file) {
        static const std::map<std::string, complaints> all = [] {
            std::vector<std::pair<compiler, fs::path>> jobs;
            for (const fs::path& one : cases())
                for (const compiler& each : {usual, clang}) jobs.emplace_back(each, one);
            std::map<std::string, complaints> done;
            std::mutex guard;
            bool sound[2] = {};
            aha::test::on_all_processors(
                2, [&](std::size_t i) { sound[i] = all_corrections_compile(i == 0 ? usual : clang, cases()); });
            aha::test::on_all_processors(jobs.size(), [&](std::size_t i) {
                const auto& [each, one] = jobs[i];
                const bool known = sound[each.name == usual.name ? 0 : 1];
                complaints found{known ? "" : complaint_about_correction(each, one),
                                 complaint_about_mistake(each, one)};
                const std::lock_guard lock{guard};
                done[each.name + one.string()] = std::move(found);
            });
            return done;
        }();
        return all.at(with.name + file.string());
    }
};

TEST_P(compile_fail, correction_compiles) { EXPECT_EQ(std::apply(of, GetParam()).correction, ""); }

TEST_P(compile_fail, mistake_is_explained_first) { EXPECT_EQ(std::apply(of, GetParam()).mistake, ""); }

std::string case_and_compiler(const testing::TestParamInfo<std::tuple<compiler, fs::path>>& one) {
    return std::get<1>(one.param).stem().string() + "_" + std::get<0>(one.param).name;
}

INSTANTIATE_TEST_SUITE_P(cases, compile_fail,
                         testing::Combine(testing::Values(usual, clang), testing::ValuesIn(cases())),
                         case_and_compiler);

}  // namespace
