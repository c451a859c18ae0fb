// The rules that every header obeys: who may include whom, and what no header contains. The rules are functions of a
// header's path and text; each is first tried on made-up headers that break it, then on those of include/aha.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <tests/support/text_files.hpp>

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

struct header {
    std::string path;  // below include/, with forward slashes: "aha/core/records.hpp"
    std::string text;
};
using complaints = std::vector<std::string>;

/// The text with comments as spaces and, unless `keep_strings`, the insides of literals too; lines stay lines.
std::string code_of(const std::string& text, bool keep_strings) {
    std::string code = text;
    const auto blank = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < std::min(to, code.size()); ++i)
            if (code[i] != '\n') code[i] = ' ';
    };
    const auto end_of = [&](std::string_view mark, std::size_t from) {
        const std::size_t at = text.find(mark, from);
        return at == std::string::npos ? text.size() : at + mark.size();
    };
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view rest = std::string_view{text}.substr(i);
        const bool after_word = i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0;
        std::size_t next = i + 1;
        if (rest.starts_with("//")) {
            next = std::min(text.find('\n', i), text.size());
            blank(i, next);
        } else if (rest.starts_with("/*")) {
            next = end_of("*/", i + 2);
            blank(i, next);
        } else if (rest.starts_with("R\"")) {
            const std::size_t open = std::min(text.find('(', i), text.size());
            next = end_of(")" + text.substr(i + 2, open - i - 2) + "\"", open);
            if (!keep_strings) blank(i + 2, next - 1);
        } else if (rest.front() == '"' || (rest.front() == '\'' && !after_word)) {  // 1'000 is a number
            while (next < text.size() && text[next] != rest.front() && text[next] != '\n')
                next += text[next] == '\\' ? 2 : 1;
            if (!keep_strings) blank(i + 1, next);
            ++next;
        }
        i = next;
    }
    return code;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

struct include_line {
    std::size_t line;  // counted from 1
    std::string name;  // between the brackets
    bool quotes;
};

std::vector<include_line> includes_of(const header& h) {
    static const std::regex directive{R"(^\s*#\s*include\s*([<"])([^>"]*)[>"])"};
    std::vector<include_line> found;
    const std::vector<std::string> lines = lines_of(code_of(h.text, true));
    for (std::size_t n = 0; n < lines.size(); ++n)
        if (std::smatch match; std::regex_search(lines[n], match, directive))
            found.push_back({n + 1, match[2], match[1] == "\""});
    return found;
}

/// The stage of a header: "core" of "aha/core/records.hpp", "" of "aha/version.hpp".
std::string folder_of(const std::string& path) {
    const std::string below = path.substr(path.find('/') + 1);
    const std::size_t slash = below.find('/');
    return slash == std::string::npos ? "" : below.substr(0, slash);
}

/// The rooms from the ground up, with those that a room's headers may include besides itself. A room that is absent
/// from the table is a mistake.
const std::map<std::string, std::set<std::string>>& layers() {
    static const std::map<std::string, std::set<std::string>> table{
        {"core", {}},
        {"files", {"core"}},
        {"concepts", {"core"}},
        {"kernels", {"core"}},
        {"text", {"core", "concepts", "files"}},
        {"data", {"core", "concepts", "files", "text"}},
        {"dist", {"core", "concepts"}},
        {"optim", {"core", "concepts", "kernels"}},
        {"loss", {"core", "concepts", "kernels"}},
        {"advantage", {"core", "concepts", "kernels"}},
        {"model", {"core", "concepts", "kernels", "dist", "optim"}},
        {"rollout", {"core", "concepts", "files", "kernels", "text", "data", "model"}},
        {"pretrained", {"core", "concepts", "files", "text", "dist", "model", "rollout"}},
        {"reward", {"core", "concepts", "files", "text", "data", "model", "rollout"}},
        {"io", {"core", "concepts", "files", "kernels", "data", "model"}},
        {"update",
         {"core", "concepts", "kernels", "data", "dist", "optim", "loss", "advantage", "model", "rollout", "io"}},
        {"train",
         {"core", "concepts", "files", "kernels", "text", "data", "dist", "optim", "loss", "advantage", "model",
          "rollout", "pretrained", "reward", "io", "update"}},
        {"search", {"core", "concepts", "kernels", "text", "data", "dist", "model", "rollout", "pretrained", "reward"}},
        {"recipe",
         {"core", "concepts", "files", "kernels", "text", "data", "dist", "optim", "loss", "advantage", "model",
          "rollout", "pretrained", "reward", "io", "update", "train", "search"}},
        {"testing", {"core", "concepts", "kernels", "model"}},
    };
    return table;
}

bool starts_with_one_of(const std::string& name, const std::vector<std::string>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& p) { return name.starts_with(p); });
}

// The rules.

complaints unknown_folders(const std::vector<header>& headers) {
    complaints found;
    for (const header& h : headers)
        if (const std::string folder = folder_of(h.path); !folder.empty() && !layers().contains(folder))
            found.push_back(h.path + ": the folder " + folder + " is in no layer");
    return found;
}

complaints wrong_directions(const std::vector<header>& headers) {
    complaints found;
    for (const header& h : headers) {
        const std::string from = folder_of(h.path);
        if (from.empty() || !layers().contains(from)) continue;  // an umbrella includes what it likes
        for (const include_line& i : includes_of(h)) {
            if (!i.name.starts_with("aha/")) continue;
            const std::string to = folder_of(i.name);
            if (to != from && !layers().at(from).contains(to) && i.name != "aha/version.hpp")
                found.push_back(h.path + ":" + std::to_string(i.line) + ": " + from + " must not include <" + i.name +
                                ">");
        }
    }
    return found;
}

complaints quoted_or_relative_includes(const std::vector<header>& headers) {
    complaints found;
    for (const header& h : headers)
        for (const include_line& i : includes_of(h))
            if (i.quotes || i.name.find("..") != std::string::npos)
                found.push_back(h.path + ":" + std::to_string(i.line) + ": write <aha/...> instead of \"" + i.name +
                                "\"");
    return found;
}

complaints missing_headers(const std::vector<header>& headers) {
    std::set<std::string> known;
    for (const header& h : headers) known.insert(h.path);
    complaints found;
    for (const header& h : headers)
        for (const include_line& i : includes_of(h))
            if (i.name.starts_with("aha/") && !known.contains(i.name))
                found.push_back(h.path + ":" + std::to_string(i.line) + ": there is no <" + i.name + ">");
    return found;
}

complaints circles(const std::vector<header>& headers) {
    std::map<std::string, std::vector<std::string>> graph;
    for (const header& h : headers)
        for (const include_line& i : includes_of(h))
            // An .ipp file is the end of its header, which includes it there; what else it includes counts as the
            // header's only where bodies are looked at, so that bodies of two headers may use each other's
            // declarations.
            if (!h.path.ends_with(".ipp") && !i.name.ends_with(".ipp")) graph[h.path].push_back(i.name);
    complaints found;
    std::set<std::string> done;
    std::vector<std::string> trail;
    const std::function<void(const std::string&)> visit = [&](const std::string& path) {
        if (std::find(trail.begin(), trail.end(), path) != trail.end()) {
            found.push_back(path + " includes itself by way of " + trail.back());
            return;
        }
        if (!graph.contains(path) || done.contains(path)) return;
        trail.push_back(path);
        for (const std::string& next : graph.at(path)) visit(next);
        trail.pop_back();
        done.insert(path);
    };
    for (const header& h : headers) visit(h.path);
    return found;
}

/// NAME.ipp holds bodies of NAME.hpp, which includes it in its last lines unless they are compiled elsewhere; nothing
/// else includes it but one file of include/aha/compiled. `compiled` are these files.
complaints stray_bodies(const std::vector<header>& headers, const std::vector<header>& compiled) {
    complaints found;
    for (const header& h : headers) {
        if (!h.path.ends_with(".ipp")) {
            for (const include_line& i : includes_of(h))
                if (i.name.ends_with(".ipp") && i.name != fs::path{h.path}.replace_extension(".ipp"))
                    found.push_back(h.path + ":" + std::to_string(i.line) + ": must not include <" + i.name + ">");
            continue;
        }
        const std::string end = "\n#ifndef AHA_COMPILED\n#include <" + h.path + ">\n#endif\n";
        const std::string owner = fs::path{h.path}.replace_extension(".hpp").string();
        if (std::none_of(headers.begin(), headers.end(),
                         [&](const header& o) { return o.path == owner && o.text.ends_with(end); }))
            found.push_back(h.path + ": " + owner + " does not end by including it");
        std::size_t uses = 0;
        for (const header& c : compiled)
            for (const include_line& i : includes_of(c)) uses += i.name == h.path;
        if (uses != 1)
            found.push_back(h.path + ": is in " + std::to_string(uses) + " files of include/aha/compiled, not one");
    }
    return found;
}

/// The foundation needs the standard library, the system and four libraries; what else a stage needs is its own affair.
complaints foreign_libraries(const std::vector<header>& headers) {
    complaints found;
    for (const header& h : headers) {
        const std::string folder = folder_of(h.path);
        if (folder != "core" && folder != "concepts" && folder != "testing") continue;
        for (const include_line& i : includes_of(h)) {
            const bool standard = i.name.find('/') == std::string::npos &&
                                  !starts_with_one_of(i.name, {"pcre2", "utf8proc", "zlib", "zstd", "cuda"});
            // The laws do without GoogleTest; what registers them does not.
            if (h.path == "aha/testing/register_laws.hpp" && i.name == "gtest/gtest.h") continue;
            if (!standard && !starts_with_one_of(i.name, {"aha/", "sys/", "ATen/", "c10/", "torch/", "range/v3/",
                                                          "Eigen/", "nlohmann/"}))
                found.push_back(h.path + ":" + std::to_string(i.line) + ": " + folder + " must not need <" + i.name +
                                ">");
        }
    }
    return found;
}

complaints heavy_torch_headers(const std::vector<header>& headers) {
    complaints found;
    for (const header& h : headers)
        for (const include_line& i : includes_of(h))
            if (starts_with_one_of(i.name, {"torch/torch.h", "torch/all.h", "torch/extension.h", "torch/script.h"}))
                found.push_back(h.path + ":" + std::to_string(i.line) + ": include the narrow headers instead of <" +
                                i.name + ">");
    return found;
}

complaints without_pragma_once(const std::vector<header>& headers) {
    complaints found;
    for (const header& h : headers)
        if (!h.text.starts_with("#pragma once\n")) found.push_back(h.path + ": does not begin with #pragma once");
    return found;
}

complaints too_long(const std::vector<header>& headers) {
    complaints found;
    for (const header& h : headers)
        if (const std::size_t n = lines_of(h.text).size(); n > 500)
            found.push_back(h.path + ": has " + std::to_string(n) + " lines, more than 500");
    return found;
}

complaints with_code_matching(const std::vector<header>& headers, const std::string& pattern) {
    const std::regex forbidden{pattern};
    complaints found;
    for (const header& h : headers) {
        const std::vector<std::string> lines = lines_of(code_of(h.text, false));
        for (std::size_t n = 0; n < lines.size(); ++n)
            if (std::smatch match; std::regex_search(lines[n], match, forbidden))
                found.push_back(h.path + ":" + std::to_string(n + 1) + ": contains \"" + match.str() + "\"");
    }
    return found;
}

complaints using_namespaces(const std::vector<header>& headers) {
    return with_code_matching(headers, R"(\busing\s+namespace\b)");
}
complaints unrepeatable_randomness(const std::vector<header>& headers) {
    return with_code_matching(headers, R"(\brandom_device\b|\bs?rand\s*\(\s*\))");
}
complaints openmp(const std::vector<header>& headers) {
    std::vector<header> looked_at = headers;
    // This one is about OpenMP itself: it makes threads that wait, none that work.
    std::erase_if(looked_at, [](const header& h) { return h.path == "aha/kernels/waiting_threads.hpp"; });
    return with_code_matching(looked_at, R"(#\s*pragma\s+omp\b|_Pragma\b|\bomp_[a-z_]+\s*\()");
}

// Each rule on headers that break it.

header in(const std::string& path, const std::string& body) { return {"aha/" + path, "#pragma once\n" + body + "\n"}; }

TEST(layering_rules, see_an_unknown_folder) {
    EXPECT_THAT(unknown_folders({in("misc/a.hpp", "")}), testing::ElementsAre(HasSubstr("misc is in no layer")));
    EXPECT_THAT(unknown_folders({in("core/a.hpp", ""), in("version.hpp", ""), in("model/ops/a.hpp", "")}), IsEmpty());
}

TEST(layering_rules, see_includes_in_the_wrong_direction) {
    const auto wrong = [](const std::string& from, const std::string& to) {
        return !wrong_directions({in(from + "/a.hpp", "#include <aha/" + to + "/b.hpp>")}).empty();
    };
    EXPECT_TRUE(wrong("core", "concepts"));
    EXPECT_TRUE(wrong("concepts", "model"));
    EXPECT_TRUE(wrong("rollout", "reward"));
    EXPECT_TRUE(wrong("model", "text"));
    EXPECT_TRUE(wrong("model/ops", "pretrained"));
    EXPECT_TRUE(wrong("io", "train"));
    EXPECT_TRUE(wrong("train", "search"));
    EXPECT_TRUE(wrong("train", "recipe"));
    EXPECT_TRUE(wrong("train", "testing"));
    EXPECT_TRUE(wrong("testing", "advantage"));
    EXPECT_FALSE(wrong("concepts", "core"));
    EXPECT_FALSE(wrong("reward", "concepts"));
    EXPECT_FALSE(wrong("model/ops", "model"));
    EXPECT_FALSE(wrong("train", "rollout"));
    EXPECT_FALSE(wrong("recipe", "train"));
    EXPECT_FALSE(wrong("testing", "core"));
    EXPECT_THAT(wrong_directions({in("loss/a.hpp", "//\n#  include <aha/optim/b.hpp>")}),
                testing::ElementsAre("aha/loss/a.hpp:3: loss must not include <aha/optim/b.hpp>"));
    EXPECT_THAT(wrong_directions({in("loss/a.hpp", "// #include <aha/optim/b.hpp>")}), IsEmpty());
    EXPECT_THAT(wrong_directions({in("aha.hpp", "#include <aha/recipe/a.hpp>")}), IsEmpty());
    EXPECT_THAT(wrong_directions({in("loss/a.hpp", "#include <aha/aha.hpp>")}), testing::SizeIs(1));
}

TEST(layering_rules, see_quoted_relative_and_missing_headers) {
    EXPECT_THAT(quoted_or_relative_includes({in("core/a.hpp", "#include \"b.hpp\"")}), testing::SizeIs(1));
    EXPECT_THAT(quoted_or_relative_includes({in("core/a.hpp", "#include <aha/core/../b.hpp>")}), testing::SizeIs(1));
    EXPECT_THAT(quoted_or_relative_includes({in("core/a.hpp", "#include <aha/core/b.hpp>")}), IsEmpty());
    EXPECT_THAT(missing_headers({in("core/a.hpp", "#include <aha/core/b.hpp>")}), testing::SizeIs(1));
    EXPECT_THAT(missing_headers({in("core/a.hpp", "#include <aha/core/b.hpp>"), in("core/b.hpp", "")}), IsEmpty());
}

TEST(layering_rules, see_circles) {
    const header a = in("core/a.hpp", "#include <aha/core/b.hpp>"), b = in("core/b.hpp", "#include <aha/core/c.hpp>");
    EXPECT_THAT(circles({a, b, in("core/c.hpp", "#include <vector>")}), IsEmpty());
    EXPECT_THAT(circles({a, b, in("core/c.hpp", "#include <aha/core/a.hpp>")}), testing::SizeIs(1));
}

TEST(layering_rules, see_circles_of_declarations_not_of_bodies) {
    EXPECT_THAT(circles({in("core/a.hpp", "#include <aha/core/a.ipp>"), in("core/a.ipp", "#include <aha/core/a.hpp>")}),
                IsEmpty());
}

TEST(layering_rules, see_stray_bodies) {
    const std::string end = "#ifndef AHA_COMPILED\n#include <aha/core/a.ipp>\n#endif";
    const header a = in("core/a.hpp", end), bodies = in("core/a.ipp", ""),
                 once{"core.cpp", "#include <aha/core/a.ipp>\n"};
    EXPECT_THAT(stray_bodies({a, bodies}, {once}), IsEmpty());
    EXPECT_THAT(stray_bodies({a, bodies}, {}), testing::SizeIs(1));
    EXPECT_THAT(stray_bodies({a, bodies}, {once, once}), testing::SizeIs(1));
    EXPECT_THAT(stray_bodies({bodies}, {once}), testing::SizeIs(1));
    EXPECT_THAT(stray_bodies({in("core/a.hpp", "#include <aha/core/a.ipp>"), bodies}, {once}), testing::SizeIs(1));
    EXPECT_THAT(stray_bodies({a, bodies, in("core/b.hpp", "#include <aha/core/a.ipp>")}, {once}), testing::SizeIs(1));
}

TEST(layering_rules, see_foreign_libraries_in_the_foundation) {
    EXPECT_THAT(foreign_libraries({in("core/a.hpp", "#include <boost/any.hpp>")}), testing::SizeIs(1));
    EXPECT_THAT(foreign_libraries({in("concepts/a.hpp", "#include <pcre2.h>")}), testing::SizeIs(1));
    EXPECT_THAT(foreign_libraries({in("core/a.hpp",
                                      "#include <vector>\n#include <sys/mman.h>\n#include <ATen/core/Tensor.h>\n"
                                      "#include <range/v3/all.hpp>\n#include <Eigen/Core>")}),
                IsEmpty());
    EXPECT_THAT(foreign_libraries({in("text/a.hpp", "#include <pcre2.h>")}), IsEmpty());
}

TEST(layering_rules, see_heavy_torch_headers) {
    EXPECT_THAT(heavy_torch_headers({in("train/a.hpp", "#include <torch/torch.h>\n#include <torch/all.h>")}),
                testing::SizeIs(2));
    EXPECT_THAT(heavy_torch_headers({in("train/a.hpp", "#include <torch/csrc/autograd/custom_function.h>")}),
                IsEmpty());
}

TEST(layering_rules, see_headers_without_pragma_once) {
    EXPECT_THAT(without_pragma_once({{"aha/core/a.hpp", "// a\n#pragma once\n"}}), testing::SizeIs(1));
    EXPECT_THAT(without_pragma_once({{"aha/core/a.hpp", ""}}), testing::SizeIs(1));
    EXPECT_THAT(without_pragma_once({in("core/a.hpp", "")}), IsEmpty());
}

TEST(layering_rules, see_long_headers) {
    EXPECT_THAT(too_long({in("core/a.hpp", std::string(498, '\n'))}), IsEmpty());
    EXPECT_THAT(too_long({in("core/a.hpp", std::string(499, '\n'))}), testing::SizeIs(1));
}

TEST(layering_rules, see_forbidden_words_in_code_only) {
    EXPECT_THAT(using_namespaces({in("core/a.hpp", "void f() { using  namespace std; }")}), testing::SizeIs(1));
    EXPECT_THAT(
        using_namespaces({in("core/a.hpp", "// using namespace\n/* using\nnamespace */ using namespace_t = int;")}),
        IsEmpty());
    EXPECT_THAT(unrepeatable_randomness({in("core/a.hpp", "std::random_device d;")}), testing::SizeIs(1));
    EXPECT_THAT(unrepeatable_randomness({in("core/a.hpp", "int a = rand();")}), testing::SizeIs(1));
    EXPECT_THAT(unrepeatable_randomness({in("core/a.hpp", "at::rand({3}); // std::random_device")}), IsEmpty());
    EXPECT_THAT(openmp({in("core/a.hpp", "#pragma omp parallel for")}), testing::SizeIs(1));
    EXPECT_THAT(openmp({in("core/a.hpp", "int n = omp_get_max_threads();")}), testing::SizeIs(1));
    EXPECT_THAT(openmp({in("kernels/waiting_threads.hpp", "#pragma omp parallel")}), IsEmpty());
    EXPECT_THAT(openmp({in("core/a.hpp", "auto s = \"#pragma omp\";")}), IsEmpty());
}

TEST(layering_rules, are_not_confused_by_literals_and_comments) {
    EXPECT_EQ(code_of("a \"//\" b", false), "a \"  \" b");
    EXPECT_EQ(code_of("a '\"' b // c\nd", false), "a ' ' b     \nd");
    EXPECT_EQ(code_of("1'000 + '\\'' /* \" */ e", false), "1'000 + '  '         e");
    EXPECT_EQ(code_of("R\"x(\" // )\" )x\" + f", false), "R\"" + std::string(12, ' ') + "\" + f");
    EXPECT_EQ(code_of("\"a\\\"b\" c", true), "\"a\\\"b\" c");
}

// Each rule on the library.

const std::vector<header>& library() {
    static const std::vector<header> headers = [] {
        const fs::path root = fs::path{AHA_TEST_DATA} / ".." / "include";
        std::vector<header> found;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator{root / "aha"}) {
            // kernels.cu and compiled/ are no headers: they are compiled, for aha::cuda and aha::compiled.
            if (!entry.is_regular_file() || entry.path().filename() == "kernels.cu" ||
                entry.path().parent_path().filename() == "compiled")
                continue;
            found.push_back({entry.path().lexically_relative(root).generic_string(), aha::test::text_of(entry.path())});
        }
        std::sort(found.begin(), found.end(), [](const header& a, const header& b) { return a.path < b.path; });
        return found;
    }();
    return headers;
}

TEST(layering, the_library_was_found) {
    EXPECT_GE(library().size(), 20U);
    std::size_t includes = 0;
    for (const header& h : library()) {
        EXPECT_TRUE(h.path.ends_with(".hpp") || h.path.ends_with(".ipp") || h.path.ends_with(".cuh"))
            << h.path << " is not a header";
        includes += includes_of(h).size();
    }
    EXPECT_GE(includes, library().size());
}

TEST(layering, every_folder_has_a_layer) { EXPECT_THAT(unknown_folders(library()), IsEmpty()); }
TEST(layering, includes_go_one_way) { EXPECT_THAT(wrong_directions(library()), IsEmpty()); }
TEST(layering, includes_are_written_in_full) { EXPECT_THAT(quoted_or_relative_includes(library()), IsEmpty()); }
TEST(layering, included_headers_exist) { EXPECT_THAT(missing_headers(library()), IsEmpty()); }
TEST(layering, no_header_includes_itself) { EXPECT_THAT(circles(library()), IsEmpty()); }
TEST(layering, bodies_are_at_the_end_of_their_header_and_in_the_compiled_library) {
    std::vector<header> compiled;
    for (const fs::directory_entry& entry :
         fs::directory_iterator{fs::path{AHA_TEST_DATA} / ".." / "include" / "aha" / "compiled"}) {
        compiled.push_back({entry.path().filename().string(), aha::test::text_of(entry.path())});
    }
    EXPECT_THAT(stray_bodies(library(), compiled), IsEmpty());
}
TEST(layering, the_foundation_needs_four_libraries) { EXPECT_THAT(foreign_libraries(library()), IsEmpty()); }
TEST(layering, torch_headers_are_narrow) { EXPECT_THAT(heavy_torch_headers(library()), IsEmpty()); }
TEST(layering, headers_begin_with_pragma_once) { EXPECT_THAT(without_pragma_once(library()), IsEmpty()); }
TEST(layering, headers_are_short) { EXPECT_THAT(too_long(library()), IsEmpty()); }
TEST(layering, no_namespace_is_opened_wide) { EXPECT_THAT(using_namespaces(library()), IsEmpty()); }
TEST(layering, randomness_can_be_repeated) { EXPECT_THAT(unrepeatable_randomness(library()), IsEmpty()); }
TEST(layering, threads_are_not_openmp) { EXPECT_THAT(openmp(library()), IsEmpty()); }

}  // namespace
