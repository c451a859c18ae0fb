// The documentation builds without a warning, its links lead somewhere, and the code it shows is compiled code.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <tests/support/command.hpp>
#include <tests/support/text_files.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::run_command;
using aha::test::shell_word;
using aha::test::text_of;
using testing::HasSubstr;

const fs::path root = fs::path{AHA_TEST_DATA}.parent_path(), work = AHA_WORK;

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

TEST_F(built_docs, pass_the_gate_and_have_no_link_that_leads_nowhere) {
    EXPECT_EQ(made.status, 0) << made.output;
    EXPECT_THAT(made.output, HasSubstr(" 0 lead nowhere"));
}

TEST_F(built_docs, replace_no_word_in_backticks_by_the_title_of_a_group) {
    // The page of the file group_reward.hpp begins alike and is no group.
    const std::regex in_code{R"re(<code>[^<]*<a [^>]*href="group__(?![^"]*_8hpp))re"};
    for (const fs::path& page : files(work / "html", ".html"))
        EXPECT_FALSE(std::regex_search(text_of(page), in_code)) << page;
}

TEST(gate, names_what_a_reader_needs_and_lets_the_rest_pass) {
    fs::create_directories(work);
    const auto pass = [](const std::string& warning) {
        std::ofstream{work / "gate.log"} << "/a.hpp:1: warning: " << warning << '\n';
        const command_result judged = run_command("python3 " + shell_word((root / "docs/gate.py").string()) + " " +
                                                  shell_word((work / "gate.log").string()));
        EXPECT_TRUE(judged.status == 0 || judged.output.find(warning) != std::string::npos) << judged.output;
        return judged.status == 0;
    };
    EXPECT_TRUE(pass("Member save() const (function) of class aha::adamw is not documented."));
    EXPECT_TRUE(pass("Member adamw(adamw_options options={}) (function) of class aha::adamw is not documented."));
    EXPECT_TRUE(
        pass("Member operator==(const score &) const =default (function) of struct aha::score is not documented."));
    EXPECT_FALSE(pass("Member melt() const (function) of class aha::adamw is not documented."));
    EXPECT_FALSE(pass("Member melt(int) (function) of namespace aha is not documented."));
    EXPECT_FALSE(pass("Member save(int) (function) of namespace aha is not documented."));
    EXPECT_FALSE(pass("Compound aha::adamw is not documented."));
    EXPECT_FALSE(pass("unable to resolve reference to 'x' for \\ref command"));
}

TEST_F(built_docs, have_a_page_with_numbered_requirements_for_each_slot) {
    for (const char* slot : {"reward",
                             "group_reward",
                             "prompt_source",
                             "tokenizer",
                             "language_model",
                             "decoding_model",
                             "sampler_for",
                             "advantage",
                             "batch_advantage",
                             "policy_loss",
                             "aggregation",
                             "divergence",
                             "supervised_loss",
                             "optimizer",
                             "schedule",
                             "checkpoint_store",
                             "observer",
                             "tensor_policy",
                             "completion_filter",
                             "language_classifier",
                             "attention_for",
                             "feed_forward_for",
                             "judge"}) {
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

command_result compare_shown_code(const std::string& pages = "") {
    return run_command("python3 " + shell_word((root / "docs/shown_code.py").string()) + pages);
}

TEST(shown_code, is_compiled_code) {
    const command_result compared = compare_shown_code();
    EXPECT_EQ(compared.status, 0) << compared.output;
    EXPECT_THAT(compared.output, HasSubstr("are as in their sources"));
}

TEST(shown_code, that_differs_is_named_by_page_and_line) {
    fs::create_directories(work);
    const auto complaint = [](const std::string& text) {
        std::ofstream{work / "page.md"} << text;
        const command_result compared = compare_shown_code(" " + shell_word((work / "page.md").string()));
        EXPECT_NE(compared.status, 0) << text;
        return compared.output;
    };
    const std::string page = "page.md";
    EXPECT_THAT(complaint("# A page\n\n<!-- examples/01_reward/expected.txt -->\n```text\n1  for \"43\"\n```\n"),
                HasSubstr(page + ":5: differs from examples/01_reward/expected.txt:1"));
    EXPECT_THAT(complaint("```cpp\nint x;\n```\n"), HasSubstr(page + ":1: no comment above this block"));
    EXPECT_THAT(complaint("<!-- examples/01_reward/main.cpp: nothing -->\n```cpp\n```\n"),
                HasSubstr("has 0 lines `//! [nothing]`"));
    EXPECT_THAT(complaint("text\n\n    auto x = 1;\n"), HasSubstr(page + ":3: indented C++"));
    EXPECT_THAT(complaint("\\ref reward\n"), HasSubstr(page + ":1: GitHub shows"));
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
