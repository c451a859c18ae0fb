// What is something else in a unit with the kernels for GPUs has another name there, so that two units cannot mix.
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <regex>
#include <string>
#include <typeinfo>
#include <vector>

#include <aha/kernels/launch.hpp>
#include <aha/model/decoder.hpp>
#include <aha/model/ops/step_graphs.hpp>

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* name = aha::has_device_kernels ? "12with_kernels" : "15without_kernels";

/// Whether a header asks which of the two a unit is, or keeps or starts what depends on it.
bool depends_on_the_kernels(const std::string& text) {
    static const std::regex uses{R"(\bAHA_KERNELS\b|\bhas_device_kernels\b|\bstep_graphs\b [a-z]|[^_\w:.]launch\()"};
    return std::regex_search(std::regex_replace(text, std::regex{"//[^\n]*"}, ""), uses);
}

TEST(kernels_namespace, is_a_part_of_the_names_that_the_linker_sees) {
    EXPECT_THAT(typeid(aha::step_graphs).name(), HasSubstr(name));
    EXPECT_THAT(typeid(aha::static_session<aha::decoder<aha::cpu<float>>>).name(), HasSubstr(name));
    EXPECT_THAT(typeid(aha::decoder<aha::cpu<float>>).name(), HasSubstr(name));
}

TEST(kernels_namespace, sees_what_depends_on_the_kernels) {
    EXPECT_TRUE(depends_on_the_kernels("#if defined(AHA_KERNELS)\n"));
    EXPECT_TRUE(depends_on_the_kernels("if (has_device_kernels && !x.is_cpu()) {"));
    EXPECT_TRUE(depends_on_the_kernels("        launch(gate{.x = x}, 1, device);"));
    EXPECT_TRUE(depends_on_the_kernels("    step_graphs graphs_;"));
    EXPECT_FALSE(depends_on_the_kernels("int x = 0;  // AHA_KERNELS"));
    EXPECT_FALSE(depends_on_the_kernels("const bool launched = was_launch(1);"));
}

TEST(kernels_namespace, holds_all_that_depends_on_the_kernels) {
    std::vector<std::string> outside;
    std::size_t inside = 0;
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator{fs::path{AHA_TEST_DATA} / ".." / "include" / "aha"}) {
        const std::string extension = entry.path().extension().string();
        if ((extension != ".hpp" && extension != ".ipp") || entry.path().stem() == "kernels_namespace") continue;
        std::ifstream in{entry.path(), std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        if (!depends_on_the_kernels(text)) continue;
        const bool named = text.find("::inline AHA_KERNELS_NAMESPACE {") != std::string::npos &&
                           text.find("\nnamespace aha {") == std::string::npos;
        inside += named;
        if (!named) outside.push_back(entry.path().string());
    }
    EXPECT_THAT(outside, IsEmpty());
    EXPECT_GE(inside, 10U);
}

}  // namespace
