// Every header compiles alone, under clang with warnings as errors; all of them compile in one unit, in any order,
// beside macros that get in the way, and two such units are one program.
//
// Parsing LibTorch's headers takes seconds, so a header is compiled after a precompiled part of what it includes
// itself, directly or not. This hides nothing: what a header includes is seen before its own first line in any case,
// provided that each of its includes compiles alone too, which is checked of them as well.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/headers/unit.hpp"
#include "tests/support/command.hpp"
#include "tests/support/on_all_processors.hpp"
#include "tests/support/text_files.hpp"

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::shell_word;
using aha::test::write;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const fs::path source = fs::path{AHA_TEST_DATA}.parent_path();
const fs::path work = AHA_WORK;

using names = std::set<std::string>;

/// The headers below a folder and what each includes.
struct header_folder {
    fs::path root;
    std::map<std::string, names> includes{};

    explicit header_folder(const fs::path& folder) : root{folder} {
        static const std::regex directive{R"(^\s*#\s*include\s*[<"]([^>"]+))"};
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator{root}) {
            if (entry.path().extension() != ".hpp") continue;
            names& found = includes[fs::relative(entry.path(), root).generic_string()];
            std::ifstream in{entry.path()};
            for (std::string line; std::getline(in, line);)
                if (std::smatch match; std::regex_search(line, match, directive)) found.insert(match[1]);
        }
    }

    /// What `header` includes, directly or not, and itself.
    names all_of(const std::string& header) const {
        names seen{header};
        std::vector<std::string> open{header};
        while (!open.empty()) {
            const auto found = includes.find(open.back());
            open.pop_back();
            if (found == includes.end()) continue;
            for (const std::string& next : found->second)
                if (seen.insert(next).second) open.push_back(next);
        }
        return seen;
    }
};

/// What is worth precompiling, the most first: a matter of time alone.
const std::vector<names>& precompilable() {
    static const std::vector<names> parts = [] {
        const std::string records = "aha/core/records.hpp", tensor = "ATen/core/Tensor.h",
                          operators = "ATen/TensorOperators.h";
        return std::vector<names>{
            {"aha/pretrained/pretrained.hpp"},
            {records, tensor, operators, "ATen/Parallel.h", "torch/csrc/autograd/custom_function.h"},
            {tensor, operators, "ATen/Parallel.h", "torch/csrc/autograd/custom_function.h"},
            {records, tensor, operators},
            {records, tensor},
            {tensor, operators},
            {tensor},
            {records},
            {"nlohmann/json.hpp"}};
    }();
    return parts;
}

/// Runs clang on `file`.
command_result clang(const fs::path& root, const fs::path& file, const std::string& more) {
    return aha::test::run_command("LC_ALL=C " + shell_word(AHA_CLANG) + " " +
                                  shell_word("@" + (work / "flags").string()) + " -I " + shell_word(root.string()) +
                                  " -I " + shell_word(source.string()) + " " + more + " " + shell_word(file.string()));
}

/// What clang with `flags` says of each header of `folder` that does not compile alone without a warning; those that
/// `chosen` takes are tried.
std::map<std::string, std::string> complaints(
    const header_folder& folder, const std::string& name, const std::string& flags = "",
    const std::function<bool(const std::string&)>& chosen = [](const std::string&) { return true; }) {
    const fs::path place = work / name;
    fs::remove_all(place);
    fs::create_directories(place);

    std::map<std::string, std::size_t> part_of;  // header to precompiled part
    for (const auto& [header, unused] : folder.includes) {
        if (!chosen(header)) continue;
        const names all = folder.all_of(header);
        for (std::size_t part = 0; part < precompilable().size(); ++part) {
            const names& wanted = precompilable()[part];
            if (wanted.contains(header) || !std::includes(all.begin(), all.end(), wanted.begin(), wanted.end()))
                continue;
            part_of[header] = part;
            break;
        }
    }
    std::set<std::size_t> used;
    for (const auto& [header, part] : part_of) used.insert(part);
    const std::vector<std::size_t> parts{used.begin(), used.end()};
    const auto precompiled = [&](std::size_t part) { return place / (std::to_string(part) + ".pch"); };
    aha::test::on_all_processors(parts.size(), [&](std::size_t i) {
        const fs::path all = place / (std::to_string(parts[i]) + ".hpp");
        std::string text;
        for (const std::string& one : precompilable()[parts[i]]) text += "#include <" + one + ">\n";
        write(all, text);
        clang(folder.root, all,
              flags + " -Xclang -fpch-instantiate-templates -x c++-header -o " +
                  shell_word(precompiled(parts[i]).string()));
    });

    std::vector<std::string> headers;
    for (const auto& [header, unused] : folder.includes)
        if (chosen(header)) headers.push_back(header);
    std::map<std::string, std::string> found;
    std::mutex guard;
    aha::test::on_all_processors(headers.size(), [&](std::size_t i) {
        const std::string& header = headers[i];
        const fs::path unit = place / (std::regex_replace(header, std::regex{"/"}, "_") + ".cpp");
        write(unit, "#include <" + header + ">\n");
        std::string more = flags + " -fsyntax-only";
        // A part that does not compile is the fault of a header, which is compiled below without it.
        if (part_of.contains(header) && fs::exists(precompiled(part_of.at(header))))
            more += " -include-pch " + shell_word(precompiled(part_of.at(header)).string());
        if (const command_result compiled = clang(folder.root, unit, more); compiled.status != 0) {
            const std::lock_guard lock{guard};
            found[header] = compiled.output;
        }
    });
    return found;
}

TEST(headers_harness, knows_what_a_header_includes) {
    const header_folder folder{source / "tests" / "headers" / "harness"};
    EXPECT_THAT(folder.all_of("aha/right.hpp"), ElementsAre("aha/right.hpp", "string"));
    EXPECT_THAT(folder.all_of("aha/stands_on_another.hpp"),
                ElementsAre("aha/lacks_an_include.hpp", "aha/stands_on_another.hpp", "vector"));
}

TEST(headers_harness, sees_what_does_not_compile_alone) {
    const auto found = complaints(header_folder{source / "tests" / "headers" / "harness"}, "harness");
    EXPECT_THAT(found, ElementsAre(Pair("aha/lacks_an_include.hpp", HasSubstr("undeclared identifier 'std'")),
                                   Pair("aha/lacks_an_include_beside_json.hpp", HasSubstr("'regex'")),
                                   Pair("aha/warns.hpp", HasSubstr("[-Werror,-Wunused-parameter]"))));
}

TEST(headers, each_compiles_alone) {
    const header_folder folder{source / "include"};
    EXPECT_GT(folder.includes.size(), 200U);
    EXPECT_THAT(complaints(folder, "alone"), IsEmpty());
}

TEST(headers, each_compiles_alone_without_its_bodies) {
    const header_folder folder{source / "include"};
    int tried = 0;
    const auto has_bodies = [&](const std::string& header) {
        return fs::exists((folder.root / header).replace_extension(".ipp"));
    };
    for (const auto& [header, unused] : folder.includes) tried += has_bodies(header);
    EXPECT_GT(tried, 50);
    EXPECT_THAT(complaints(folder, "without bodies", "-DAHA_COMPILED", has_bodies), IsEmpty());
}

/// Of g++ and clang, the one that did not compile this program.
TEST(headers, all_compile_in_one_unit_with_the_other_compiler) {
    const command_result compiled = aha::test::run_command(
        "LC_ALL=C " + shell_word(AHA_OTHER_COMPILER) + " " + shell_word("@" + (work / "flags").string()) + " -I " +
        shell_word((source / "include").string()) + " -I " + shell_word(source.string()) + " -fsyntax-only " +
        shell_word((work / "all.cpp").string()));
    EXPECT_EQ(compiled.status, 0) << compiled.output;
}

TEST(headers, two_units_with_all_of_them_are_one_program) {
    const aha::test::unit one = aha::test::all_headers(), other = aha::test::all_headers_after_macros();
    EXPECT_EQ(one.version, other.version);
    EXPECT_EQ(one.function, other.function);
    EXPECT_EQ(one.words, "a\xEF\xBF\xBD");
    EXPECT_EQ(other.words, one.words);
}

}  // namespace
