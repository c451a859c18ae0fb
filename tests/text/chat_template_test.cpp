#include <ctime>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/text/chat_template.hpp>

// Chat templates of published models, against what transformers renders: tests/golden/make_chat_template_golden.py.
namespace {

namespace fs = std::filesystem;
using aha::chat_options;
using aha::chat_template;
using json = nlohmann::ordered_json;
using spans = std::vector<std::pair<std::size_t, std::size_t>>;

const fs::path data = fs::path{AHA_TEST_DATA} / "text" / "data" / "chat";

std::string read(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

const json& golden() {
    static const json parsed = json::parse(read(data / "golden.json"));
    return parsed;
}

chat_options options_of(const json& render) {
    std::tm now{};
    now.tm_year = 124, now.tm_mon = 6, now.tm_mday = 6, now.tm_hour = 9, now.tm_min = 5, now.tm_sec = 3;
    return {.add_generation_prompt = render["add_generation_prompt"].get<bool>(), .variables = render["variables"], .now = now};
}

TEST(chat_template, renders_published_templates_as_transformers_does) {
    ASSERT_GT(golden()["renders"].size(), 150U);
    for (const json& render : golden()["renders"]) {
        const auto name = render["template"].get<std::string>();
        SCOPED_TRACE(name + ", " + render["conversation"].dump() + render["variables"].dump().substr(0, 60));
        const json& messages = golden()["conversations"][render["conversation"].get<std::string>()];
        const chat_template made{read(data / (name + ".jinja")), golden()["tokens"]};
        if (render.contains("error")) {
            EXPECT_THROW(made.render(messages, options_of(render)), aha::error) << render["error"];
            continue;
        }
        try {
            const auto done = made.render_with_spans(messages, options_of(render));
            EXPECT_EQ(done.text, render["text"].get<std::string>());
            EXPECT_EQ(done.assistant_spans, render["spans"].get<spans>());
        } catch (const aha::error& problem) {
            ADD_FAILURE() << problem.what();
        }
    }
}

}  // namespace
