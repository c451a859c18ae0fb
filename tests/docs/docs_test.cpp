// The documentation builds without a warning, its links lead somewhere, and the code it shows is compiled code.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <tests/support/command.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::run_command;
using aha::test::shell_word;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path root = fs::path{AHA_TEST_DATA}.parent_path(), work = AHA_WORK;

std::string text_of(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    EXPECT_TRUE(in.is_open()) << file;
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<fs::path> files(const fs::path& folder, const std::string& ending) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{folder})
        if (entry.path().extension() == ending) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
}

class built_docs : public testing::Test {
protected:
    static void SetUpTestSuite() {
        fs::create_directories(work);
        made = run_command(shell_word((root / "docs/run").string()) + " " + shell_word(work.string()));
    }
    static inline command_result made;
};

TEST_F(built_docs, have_no_warning_and_no_link_that_leads_nowhere) {
    EXPECT_EQ(made.status, 0) << made.output;
    EXPECT_THAT(made.output, HasSubstr(" 0 lead nowhere"));
    EXPECT_EQ(text_of(work / "log"), "");
}

TEST_F(built_docs, have_a_page_with_numbered_requirements_for_each_slot) {
    for (const char* slot :
         {"reward",           "group_reward", "prompt_source",   "tokenizer",         "language_model",
          "decoding_model",   "sampler_for",  "advantage",       "batch_advantage",   "policy_loss",
          "aggregation",      "divergence",   "supervised_loss", "optimizer",         "schedule",
          "checkpoint_store", "observer",     "tensor_policy",   "completion_filter", "language_classifier"}) {
        const std::string name = std::regex_replace(slot, std::regex{"_"}, "__");
        EXPECT_THAT(text_of(work / "html" / ("conceptaha_1_1" + name + ".html")), HasSubstr("<ol type=\"1\">")) << slot;
    }
}

TEST_F(built_docs, can_be_searched_for_names) {
    std::string index;
    for (const fs::path& file : files(work / "html/search", ".js")) index += text_of(file);
    for (const char* name : {"grpo", "group_5frelative", "language_5fconsistency", "autoregressive_5fsampler"})
        EXPECT_THAT(index, HasSubstr(name));
}

/// Lines without their indentation; empty ones left out.
std::string lines_of(const std::string& text) {
    std::istringstream in{text};
    std::string lines;
    for (std::string line; std::getline(in, line);) {
        const std::size_t first = line.find_first_not_of(" \t");
        if (first != std::string::npos && !line.substr(first).starts_with("//! [")) lines += line.substr(first) + "\n";
    }
    return lines;
}

TEST(shown_code, is_compiled_code) {
    std::vector<std::string> compiled;
    for (const char* folder : {"examples", "tests"})
        for (const char* ending : {".cpp", ".hpp"})
            for (const fs::path& file : files(root / folder, ending)) compiled.push_back(lines_of(text_of(file)));
    std::vector<fs::path> pages = files(root / "docs", ".md");
    pages.push_back(root / "README.md");
    const std::regex block{"```cpp\n([^`]*)```"};
    int blocks = 0;
    for (const fs::path& page : pages) {
        const std::string text = text_of(page);
        for (auto at = std::sregex_iterator{text.begin(), text.end(), block}; at != std::sregex_iterator{}; ++at) {
            ++blocks;
            const std::string shown = lines_of((*at)[1]);
            EXPECT_TRUE(std::ranges::any_of(compiled, [&](const auto& file) { return file.find(shown) != file.npos; }))
                << page << " shows code that no program has:\n"
                << (*at)[1];
        }
    }
    EXPECT_GE(blocks, 3);
}

TEST(shown_code, is_marked_as_code) {
    // An indented block that looks like C++ would not be checked.
    const std::regex loose{R"((^|\n)    (auto |aha::|#include|struct |template)[^\n]*)"};
    std::vector<fs::path> pages = files(root / "docs", ".md");
    pages.push_back(root / "README.md");
    for (const fs::path& page : pages) {
        const std::string text = std::regex_replace(text_of(page), std::regex{"```[^`]*```"}, "");
        std::smatch found;
        EXPECT_FALSE(std::regex_search(text, found, loose)) << page << ": " << found.str();
    }
}

TEST(paper_map, names_headers_and_tests_that_there_are) {
    for (const char* page : {"docs/paper_map.md", "docs/determinism.md"}) {
        const std::string text = text_of(root / page);
        const std::regex name{R"re(`([a-z0-9_/]+\.(?:hpp|cpp))`)re"};
        int names = 0;
        for (auto at = std::sregex_iterator{text.begin(), text.end(), name}; at != std::sregex_iterator{};
             ++at, ++names) {
            const std::string file = (*at)[1];
            EXPECT_TRUE(fs::exists(root / "include/aha" / file) || fs::exists(root / "tests" / file) ||
                        fs::exists(root / file))
                << page << ": " << file;
        }
        EXPECT_GT(names, 5);
    }
}

}  // namespace
