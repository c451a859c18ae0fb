#include <cstddef>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
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
    now.tm_year = 124, now.tm_mon = 6, now.tm_mday = 6, now.tm_hour = 9, now.tm_min = 5, now.tm_sec = 3;
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

TEST(jinja, snippets_render_as_in_transformers) {
    std::size_t compared = 0, rejected = 0;
    for (const json& snippet : golden()["snippets"]) {
        const auto source = snippet["source"].get<std::string>();
        const std::string got = outcome(source, golden()["context"]);
        if (snippet.contains("error")) {
            EXPECT_TRUE(got.starts_with("error: chat template line 1: ")) << source << "\n"
                                                                          << snippet["error"] << "\n"
                                                                          << got;
            ++rejected;
        } else {
            EXPECT_EQ(got, snippet["text"].get<std::string>()) << source;
            ++compared;
        }
    }
    EXPECT_GT(compared, 150U);
    EXPECT_GT(rejected, 90U);
}

TEST(jinja, generation_blocks_mark_their_bytes_as_in_transformers) {
    std::size_t compared = 0;
    for (const json& snippet : golden()["snippets"]) {
        if (snippet.contains("error")) continue;
        const chat_template made{snippet["source"].get<std::string>()};
        const auto done = made.render_with_spans(json::array(), with(golden()["context"]));
        const json spans = done.assistant_spans;
        EXPECT_EQ(spans, snippet.value("spans", json::array())) << snippet["source"];
        compared += !spans.empty();
    }
    EXPECT_GE(compared, 3U);
}

TEST(jinja, errors_name_the_line) {
    const std::pair<std::string, std::string> cases[] = {
        {"a\nb\n{% include 'x' %}", "line 3: {% include %} is not supported"},
        {"a\n{% call m() %}{% endcall %}", "line 2: {% call %} is not supported"},
        {"{% for x in y recursive %}{% endfor %}", "line 1: a recursive loop is not supported"},
        {"\n\n{{ 1|nothere }}", "line 3: the filter \"nothere\" is not supported"},
        {"\n{% if 1 is\n nothere %}{% endif %}", "line 3: the test \"nothere\" is not supported"},
        {"\n{{ 'a'|attr('upper') }}", "line 2: the filter \"attr\" is not supported"},
        {"a\n{% if x %}\nb\n", "line 2: {% endif %} is missing for the block that begins here"},
        {"{{ 1 +\n\n }}", "line 3: expected a value, found the end of the tag"},
        {"{{ 'a\n", "line 1: a string is never closed"},
        {"\n{# a", "line 2: a comment {# is never closed"},
        {"\n{% raw %}", "line 2: {% raw %} is never closed"},
        {"{{ a", "line 1: a tag is never closed"},
        {"{{ f(*a) }}", "line 1: unpacking arguments with * is not supported"},
        {"\n{{ a.b }}", "line 2: \"a\" is not defined, so reading .b of it is not possible"},
        {"{% macro m(x) %}\n{{ x.y.z }}{% endmacro %}\n{{ m({}) }}",
         "line 2: a value of type dict has no attribute \"y\""},
        {"{% for i in [1] %}\n{{ i }}\n{{ i + 'a' }}{% endfor %}",
         "line 3: \"+\" is not possible between values of type int and str"},
        {"\n\n{{ raise_exception('no ' ~ 1) }}", "line 3: the template says: no 1"},
        {"{{ 99999999999999999999 }}", "line 1: the number 99999999999999999999 is out of range"},
        {"{{ 9223372036854775807 + 1 }}", "line 1: a number over 2^63"},
        {"{% set x %}{% generation %}{% endgeneration %}{% endset %}", "line 1: a generation block inside of"},
        {"{{ 'é'|upper }}", "line 1: upper is not supported for text with the character \"é\""},
        {"{% set i = [1]|map('string') %}{{ i|first }}{{ i|list }}",
         "line 1: an iterator of which only a part was read"},
    };
    for (const auto& [source, message] : cases)
        EXPECT_NE(outcome(source).find("error: chat template " + message), std::string::npos) << source << "\n"
                                                                                              << outcome(source);
}

// What a hostile template may ask for ends in a message: no hang, no overflow of the stack, no memory without bound.
TEST(jinja, hostile_templates_meet_limits) {
    const auto times = [](std::size_t n, std::string_view text) {
        std::string all;
        for (std::size_t i = 0; i < n; ++i) all += text;
        return all;
    };
    const auto growing = [](const std::string& body, const std::string& first = "[1]") {
        return "{% set ns = namespace(x=" + first + ") %}{% for i in range(99999) %}{% set ns.x = " + body +
               " %}{% endfor %}{{ ns.x }}";
    };
    const std::pair<std::string, std::string> cases[] = {
        {"{{ " + times(5000, "(") + times(5000, ")") + " }}", "nested deeper than 100 levels"},
        {"{{ " + times(5000, "[") + times(5000, "]") + " }}", "nested deeper than 100 levels"},
        {"{{ " + times(5000, "not ") + "1 }}", "nested deeper than 100 levels"},
        {"{{ " + times(5000, "-") + "1 }}", "nested deeper than 100 levels"},
        {times(5000, "{% if 1 %}"), "nested deeper than 100 levels"},
        {"{{ 1" + times(5000, " + 1") + " }}", "an expression of more than 2000 parts"},
        {"{{ 1" + times(500, " + 1") + " }}", "nested deeper than 400 levels"},
        {"{{ a" + times(5000, ".a") + " }}", "an expression of more than 2000 parts"},
        {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested deeper than 400 levels"},
        {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
         "more than 20 million steps"},
        {growing("[ns.x]"), "a value nested deeper than 250 levels"},
        {growing("{'a': ns.x}"), "a value nested deeper than 250 levels"},
        {growing("[ns.x.count]"), "a value nested deeper than 250 levels"},
        {growing("[ns.x, ns.x]"), "a value of more than 4 million parts"},
        {growing("ns.x + ns.x"), "a value of more than 4 million parts"},
        {growing("ns.x * 9", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("ns.x ~ ns.x", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("ns.x|replace('', ns.x)", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("[ns.x, ns.x]|join(ns.x)", "'ab'"), "a text of more than 20000000 bytes"},
        {"{{ 'a' * 9999999999 }}", "a text of more than 20000000 bytes"},
        {"{% for i in range(99999) %}{{ 'abcdefgh' * 1000 }}{% endfor %}", "more than 100 million bytes of output"},
        {growing("ns.x %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("ns.x + ns.x", "'ab'"), "a text of more than 20000000 bytes"},
        {"{{ range(100001) }}", "range has more than 100000 numbers"},
        {"{% set ns = namespace() %}{% set ns.self = ns %}{% set ns.list = [ns] %}{{ ns.list }}",
         "printing is not possible"},
    };
    for (const auto& [source, message] : cases) {
        const std::string got = outcome(source).substr(0, 200);
        EXPECT_NE(got.find(message), std::string::npos) << source.substr(0, 200) << "\n" << got;
    }
    auto deep = json::array();
    for (int i = 0; i < 300; ++i) deep = json::array({deep});
    EXPECT_EQ(outcome("{{ deep }}", {{"deep", deep}}), "error: chat template: data nested deeper than 200 levels");
}

}  // namespace
