#include <cstddef>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/text/chat_template.hpp>

// The Jinja subset on its own, snippet by snippet. What the snippets give was rendered by transformers:
// tests/golden/make_chat_template_golden.py.
namespace {

using aha::chat_options;
using aha::chat_template;
using json = nlohmann::ordered_json;

const json& golden() {
    static const json read = [] {
        const auto path = std::filesystem::path{AHA_TEST_DATA} / "text" / "data" / "chat" / "golden.json";
        std::ifstream file{path, std::ios::binary};
        return json::parse(file);
    }();
    return read;
}

chat_options with(const json& variables) {
    std::tm now{};
    now.tm_year = 124, now.tm_mon = 6, now.tm_mday = 6, now.tm_hour = 9, now.tm_min = 5, now.tm_sec = 3, now.tm_yday = 187;
    return {.add_generation_prompt = false, .variables = variables, .now = now};
}

/// The text, or "error: " and the message.
std::string outcome(const std::string& source, const json& variables = json::object()) {
    try {
        return chat_template{source}.render(json::array(), with(variables));
    } catch (const aha::error& problem) {
        return std::string{"error: "} + problem.what();
    }
}

/// Snippets outside of the subset, which transformers renders: by source, a part of the message that says so.
const std::map<std::string_view, std::string_view> refused = {
    {"{{ 1 }}", ""},
};

TEST(jinja, snippets_render_as_in_transformers) {
    std::size_t compared = 0, rejected = 0;
    for (const json& snippet : golden()["snippets"]) {
        const auto source = snippet["source"].get<std::string>();
        const std::string got = outcome(source, golden()["context"]);
        if (const auto out_of_subset = refused.find(source); out_of_subset != refused.end()) {
            EXPECT_EQ(got.substr(0, 7), "error: ") << source << "\n" << got;
            EXPECT_NE(got.find(out_of_subset->second), std::string::npos) << source << "\n" << got;
        } else if (snippet.contains("error")) {
            EXPECT_EQ(got.substr(0, 7), "error: ") << source << "\n" << snippet["error"] << "\n" << got;
            ++rejected;
        } else {
            EXPECT_EQ(got, snippet["text"].get<std::string>()) << source;
            ++compared;
        }
    }
    EXPECT_GT(compared, 150U);
    EXPECT_GT(rejected, 80U);
}

}  // namespace
