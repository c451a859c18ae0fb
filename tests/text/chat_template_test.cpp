#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/text/chat_template.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

// Chat templates of published models, against what transformers renders: tests/golden/make_chat_template_golden.py.
namespace {

namespace fs = std::filesystem;
using aha::chat_options;
using aha::chat_template;
using aha::test::complaint;
using aha::test::text_of;
using json = nlohmann::ordered_json;
using spans = std::vector<std::pair<std::size_t, std::size_t>>;

const fs::path data = fs::path{AHA_TEST_DATA} / "text" / "data" / "chat";

const json& golden() {
    static const json parsed = json::parse(text_of(data / "golden.json"));
    return parsed;
}

chat_options options_of(const json& render) {
    std::tm now{};
    now.tm_year = 124, now.tm_mon = 6, now.tm_mday = 6, now.tm_hour = 9, now.tm_min = 5, now.tm_sec = 3;
    return {.add_generation_prompt = render["add_generation_prompt"].get<bool>(),
            .variables = render["variables"],
            .now = now};
}

TEST(chat_template, renders_published_templates_as_transformers_does) {
    ASSERT_GT(golden()["renders"].size(), 150U);
    std::size_t spans_seen = 0;
    for (const json& render : golden()["renders"]) {
        const auto name = render["template"].get<std::string>();
        SCOPED_TRACE(name + ", " + render["conversation"].dump() + render["variables"].dump().substr(0, 60));
        const json& messages = golden()["conversations"][render["conversation"].get<std::string>()];
        const chat_template made{text_of(data / (name + ".jinja")), golden()["tokens"]};
        try {
            const auto done = made.render_with_spans(messages, options_of(render));
            ASSERT_FALSE(render.contains("error")) << render["error"] << "\n" << done.text;
            EXPECT_EQ(done.text, render["text"].get<std::string>());
            EXPECT_EQ(done.assistant_spans, render["spans"].get<spans>());
            spans_seen += done.assistant_spans.size();
        } catch (const aha::error& problem) {
            ASSERT_TRUE(render.contains("error")) << problem.what();
            const auto wanted = render["error"].get<std::string>();
            if (wanted.starts_with("TemplateError: ")) {  // what raise_exception was given
                EXPECT_NE(std::string{problem.what()}.find("the template says: " + wanted.substr(15)),
                          std::string::npos)
                    << wanted << "\n"
                    << problem.what();
            }
        }
    }
    EXPECT_GT(spans_seen, 20U);
}

TEST(chat_template, takes_records_and_either_json) {
    const chat_template made{
        "{% for m in messages %}<{{ m.role }}:{{ m['content'] }}>{% endfor %}{% if add_generation_prompt %}>{% endif "
        "%}"};
    const std::vector<aha::message> records = {{"user", "Hi"}, {"assistant", "Grüße"}};
    const std::string wanted = "<user:Hi><assistant:Grüße>";
    EXPECT_EQ(made.render(records), wanted + ">");
    EXPECT_EQ(made.render({{"user", "Hi"}, {"assistant", "Grüße"}}, {.add_generation_prompt = false}), wanted);
    const nlohmann::json unordered = {{{"role", "user"}, {"content", "Hi"}},
                                      {{"role", "assistant"}, {"content", "Grüße"}}};
    EXPECT_EQ(made.render(unordered), wanted + ">");
    EXPECT_EQ(made.render(json(unordered)), wanted + ">");
    EXPECT_EQ(made.render_with_spans(records).text, wanted + ">");
    EXPECT_TRUE(made.render_with_spans(records).assistant_spans.empty());
}

TEST(chat_template, variables_override_defaults_and_nothing_leaks_between_renders) {
    const chat_template made{"{{ bos_token }}{{ x }}{% set x = 9 %}{% set ns = namespace(n=1) %}{{ x }}",
                             {{"bos_token", "<s>"}, {"x", 1}}};
    EXPECT_EQ(made.render({{"user", ""}}), "<s>19");
    EXPECT_EQ(made.render({{"user", ""}}, {.variables = {{"x", 2}}}), "<s>29");
    EXPECT_EQ(made.render({{"user", ""}}), "<s>19");
    EXPECT_EQ(chat_template{made}.render({{"user", ""}}), "<s>19");
}

TEST(chat_template, the_clock_is_the_local_time_unless_given) {
    const chat_template made{"{{ strftime_now('%Y') }}"};
    EXPECT_GE(std::stoi(made.render({{"user", ""}})), 2024);
    std::tm now{};
    now.tm_year = 99;
    EXPECT_EQ(made.render({{"user", ""}}, {.now = now}), "1999");
}

TEST(chat_template, bad_input_is_named) {
    const chat_template made{"a\n{{ messages[0].content + 1 }}"};
    EXPECT_EQ(complaint([&] { made.render(json("text")); }), "chat template: the messages are not a JSON array");
    EXPECT_EQ(complaint([&] {
                  made.render(json::array({{{"role", "user"}}, 3}));
              }),
              "chat template: message 1 is not a JSON object");
    EXPECT_EQ(complaint([&] {
                  made.render({{"user", "x"}}, {.variables = json::array()});
              }),
              "chat template: the variables are not a JSON object");
    EXPECT_EQ(complaint([&] { chat_template("x", json::array()); }),
              "chat template: the default variables are not a JSON object");
    EXPECT_EQ(complaint([&] { chat_template(std::string(4'000'001, 'x')); }),
              "a chat template of 4000001 bytes; at most 4000000 are read");
    EXPECT_EQ(complaint([&] { chat_template("a\n{% if %}"); }),
              "chat template line 2: expected a value, found the end of the tag");
    EXPECT_EQ(complaint([&] {
                  made.render({{"user", "x"}});
              }),
              "chat template line 2: \"+\" is not possible between values of type str and int");
    EXPECT_EQ(complaint([&] {
                  made.render({{"user", "x"}}, {.variables = {{"n", std::uint64_t{1} << 63}}});
              }),
              "chat template: a number over 2^63 in the data");
}

/// A folder that goes when the test does.
class model_folder {
public:
    const fs::path& path() const { return folder_; }
    void write(const std::string& name, const std::string& text) const { folder_.file(name, text); }
    std::string load_and_render(const std::string& name = "default") const {
        const auto loaded = aha::load_chat_template(folder_, name);
        return loaded ? loaded->render({{"user", "x"}}) : "no template";
    }
    /// The error of loading, without the folder's path.
    std::string problem(const std::string& name = "default") const {
        return folder_.shortened(complaint([&] { load_and_render(name); }));
    }

private:
    aha::test::made_folder folder_;
};

TEST(load_chat_template, reads_the_file_the_string_and_the_list) {
    const model_folder folder;
    EXPECT_EQ(folder.load_and_render(), "no template");
    folder.write("tokenizer_config.json",
                 R"({"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null})");
    EXPECT_EQ(folder.load_and_render(), "no template");
    folder.write("tokenizer_config.json",
                 R"({"chat_template": "{{ bos_token }}é{{ eos_token }}{{ pad_token is defined }}",
        "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null})");
    EXPECT_EQ(folder.load_and_render(), "<s>é</s>False");
    EXPECT_EQ(folder.load_and_render("tool_use"), "no template");
    folder.write("tokenizer_config.json", R"({"chat_template": [{"name": "default", "template": "d{{ bos_token }}"},
        {"name": "tool_use", "template": "t"}], "bos_token": "<s>"})");
    EXPECT_EQ(folder.load_and_render(), "d<s>");
    EXPECT_EQ(folder.load_and_render("tool_use"), "t");
    EXPECT_EQ(folder.load_and_render("rag"), "no template");
    folder.write("chat_template.jinja", "file {{ bos_token }}\n");  // goes before the configuration
    EXPECT_EQ(folder.load_and_render(), "file <s>");
    folder.write("additional_chat_templates/rag.jinja", "rag");
    EXPECT_EQ(folder.load_and_render("rag"), "rag");
    fs::remove(folder.path() / "tokenizer_config.json");
    EXPECT_EQ(folder.load_and_render(), "file ");
}

TEST(load_chat_template, bad_files_are_named) {
    const model_folder folder;
    EXPECT_EQ(complaint([&] { aha::load_chat_template(folder.path() / "none"); }),
              "cannot load a chat template: \"" + (folder.path() / "none").string() + "\" is not a folder");
    folder.write("tokenizer_config.json", "{\"chat_template\": ");
    EXPECT_EQ(folder.problem(), "DIR/tokenizer_config.json: not valid JSON at byte 19: the text ends too early");
    folder.write("tokenizer_config.json", "[]");
    EXPECT_EQ(folder.problem(), "\"DIR/tokenizer_config.json\": not a JSON object");
    folder.write("tokenizer_config.json", R"({"chat_template": 3})");
    EXPECT_EQ(folder.problem(), "\"DIR/tokenizer_config.json\": \"chat_template\" is neither a string nor a list");
    for (const char* entry :
         {"3", R"({"name": "default"})", R"({"name": 1, "template": "x"})", R"({"name": "default", "template": []})"}) {
        folder.write("tokenizer_config.json", std::string{"{\"chat_template\": ["} + entry + "]}");
        EXPECT_EQ(folder.problem(),
                  "\"DIR/tokenizer_config.json\": an entry of \"chat_template\" has no \"name\" and \"template\"");
    }
    folder.write("tokenizer_config.json", R"({"chat_template": "a\n{% if x %}"})");
    EXPECT_EQ(folder.problem(), "\"DIR\": chat template line 2: {% endif %} is missing for the block that begins here");
    folder.write("chat_template.jinja", "{% nothing %}");
    EXPECT_EQ(folder.problem(), "\"DIR\": chat template line 1: {% nothing %} is not supported");
    EXPECT_EQ(folder.problem("../x"),
              "a chat template's name \"../x\" holds a character other than letters, digits, _ and -");
    EXPECT_EQ(folder.problem(""), "a chat template's name \"\" holds a character other than letters, digits, _ and -");
}

}  // namespace
