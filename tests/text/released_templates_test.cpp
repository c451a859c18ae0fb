#include <cstddef>
#include <ctime>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>
#include <zlib.h>

#include <aha/core/error.hpp>
#include <aha/text/chat_template.hpp>

// Every chat template that TRL 1.16 and llama.cpp (in llama-cpp-python 0.3.36) carry, against what transformers
// renders: tests/golden/make_released_templates_golden.py.
namespace {

using json = nlohmann::ordered_json;
using spans = std::vector<std::pair<std::size_t, std::size_t>>;

std::string unzipped(const std::filesystem::path& path) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file{gzopen(path.c_str(), "rb"), gzclose};
    if (!file) return "";
    std::string text;
    std::vector<char> part(1 << 16);
    for (int size; (size = gzread(file.get(), part.data(), static_cast<unsigned>(part.size()))) > 0;)
        text.append(part.data(), static_cast<std::size_t>(size));
    return text;
}

const json& golden() {
    static const json parsed =
        json::parse(unzipped(std::filesystem::path{AHA_TEST_DATA} / "text" / "data" / "chat" / "released.json.gz"));
    return parsed;
}

/// The text and spans, or the error, in the form of the recorded ones.
json outcome(const std::string& source, const json& a_case) {
    std::tm now{};
    now.tm_year = 124, now.tm_mon = 6, now.tm_mday = 6, now.tm_hour = 9, now.tm_min = 5, now.tm_sec = 3;
    const aha::chat_options options{.add_generation_prompt = a_case["add_generation_prompt"].get<bool>(),
                                    .variables = a_case["variables"],
                                    .now = now};
    const json& messages = golden()["conversations"][a_case["conversation"].get<std::string>()];
    try {
        const auto done = aha::chat_template{source, golden()["tokens"]}.render_with_spans(messages, options);
        json result = {{"text", done.text}};
        if (!done.assistant_spans.empty()) result["spans"] = done.assistant_spans;
        return result;
    } catch (const aha::error& problem) {
        return {{"error", problem.what()}};
    }
}

TEST(released_templates, render_as_in_transformers) {
    std::size_t texts = 0, errors = 0;
    for (const json& one : golden()["templates"]) {
        for (std::size_t i = 0; i < golden()["cases"].size(); ++i) {
            const json& wanted = one["renders"][i];
            const json got = outcome(one["source"].get<std::string>(), golden()["cases"][i]);
            SCOPED_TRACE(one["name"].get<std::string>() + ", " + golden()["cases"][i].dump().substr(0, 200));
            if (!wanted.contains("error")) {
                EXPECT_EQ(got, wanted);
                ++texts;
                continue;
            }
            ++errors;
            ASSERT_TRUE(got.contains("error")) << wanted;
            const auto said = wanted["error"].get<std::string>();
            if (!said.starts_with("TemplateError: ")) continue;
            const std::string given = said.substr(15, 60);  // what raise_exception was given
            EXPECT_NE(got["error"].get<std::string>().find(given), std::string::npos) << wanted << got;
        }
    }
    EXPECT_EQ(golden()["templates"].size(), 160U);
    EXPECT_GT(texts, 1400U);
    EXPECT_GT(errors, 150U);
}

}  // namespace
