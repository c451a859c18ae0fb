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
// tests/golden/make_chat_template_golden.py and make_jinja_golden.py.
namespace {

using aha::chat_options;
using aha::chat_template;
using json = nlohmann::ordered_json;

json read_golden(const std::string& name) {
    const auto path = std::filesystem::path{AHA_TEST_DATA} / "text" / "data" / "chat" / name;
    std::ifstream file{path, std::ios::binary};
    return json::parse(file);
}
const json& golden() {
    static const json read = read_golden("golden.json");
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

struct counts {
    std::size_t compared = 0, rejected = 0, refused = 0;
};

/// Compares each snippet with what was recorded: its text, or that there is an error. Those in `unsupported` render in
/// transformers and are refused here, with a message that has the text given.
counts compare(const json& recorded, const std::map<std::string, std::string>& unsupported = {}) {
    counts done;
    for (const json& snippet : recorded["snippets"]) {
        const auto source = snippet["source"].get<std::string>();
        const std::string got = outcome(source, recorded["context"]);
        const auto named = unsupported.find(source);
        if (snippet.contains("error") || named != unsupported.end()) {
            EXPECT_TRUE(got.starts_with("error: chat template line ")) << source << "\n" << snippet << "\n" << got;
            if (named != unsupported.end()) {
                EXPECT_NE(got.find(named->second), std::string::npos) << source << "\n" << got;
                ++done.refused;
            } else {
                ++done.rejected;
            }
        } else {
            EXPECT_EQ(got, snippet["text"].get<std::string>()) << source;
            ++done.compared;
        }
    }
    return done;
}

TEST(jinja, snippets_render_as_in_transformers) {
    const counts done = compare(golden());
    EXPECT_GT(done.compared, 150U);
    EXPECT_GT(done.rejected, 90U);
}

TEST(jinja, what_python_gives_templates_is_as_in_transformers) {
    const counts done =
        compare(read_golden("jinja.json"),
                {{"{{ 'a'.encode() }}", "the attribute .encode of a str is not supported"},
                 {"{{ 'a'.translate({97: 'b'}) }}", "the attribute .translate of a str is not supported"}});
    EXPECT_GT(done.compared, 230U);
    EXPECT_GT(done.rejected, 180U);
    EXPECT_EQ(done.refused, 2U);
}

TEST(jinja, strips_any_of_many_characters) {  // more than a string holds in itself
    EXPECT_EQ(outcome("{{ 'xyzabcdefxyz'.strip('zyxwvutsrqponmlkjihgfe') }}"), "abcd");
    EXPECT_EQ(outcome("{{ 'xyzabcdefxyz'|trim('zyxwvutsrqponmlkjihgfe') }}"), "abcd");
}

// What Jinja has and chat templates have no use for says so.
TEST(jinja, what_is_left_out_is_named) {
    for (const char* filter : {"pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr"})
        EXPECT_EQ(outcome("{{ 'a'|" + std::string{filter} + " }}"),
                  "error: chat template line 1: the filter \"" + std::string{filter} + "\" is not supported");
    for (const char* word :
         {"include 'x'", "import 'x' as y", "from 'x' import y", "extends 'x'", "block x", "autoescape true"})
        EXPECT_EQ(outcome("{% " + std::string{word} + " %}"),
                  "error: chat template line 1: {% " + std::string{word}.substr(0, std::string{word}.find(' ')) +
                      " %} is not supported");
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
        {"a\n{% call m() %}{% endcall %}", "line 2: \"m\" is not defined, so calling m is not possible"},
        {"{% macro m() %}{% endmacro %}\n{% call m() %}{% endcall %}",
         "line 2: the macro \"m\" cannot take the argument \"caller\""},
        {"{% for x in [1] %}\n{{ loop([2]) }}{% endfor %}",
         "line 2: a loop that is called must be marked \"recursive\""},
        {"\n\n{{ 1|nothere }}", "line 3: the filter \"nothere\" is not supported"},
        {"\n{% if 1 is\n nothere %}{% endif %}", "line 3: the test \"nothere\" is not supported"},
        {"\n{{ 'a'|attr('upper') }}", "line 2: printing is not possible with a value of type callable"},
        {"\n{{ [1].append(2) }}", "line 2: a list cannot be changed by a template with .append(), so calling .append"},
        {"\n{{ '{:d}'.format('a') }}", "line 2: the format type 'd' is not one of a string"},
        {"\n{{ {[1]: 2} }}", "line 2: use as a key is not possible with a value of type list"},
        {"a\n{% if x %}\nb\n", "line 2: {% endif %} is missing for the block that begins here"},
        {"{{ 1 +\n\n }}", "line 3: expected a value, found the end of the tag"},
        {"{{ 'a\n", "line 1: a string is never closed"},
        {"\n{# a", "line 2: a comment {# is never closed"},
        {"\n{% raw %}", "line 2: {% raw %} is never closed"},
        {"{{ a", "line 1: a tag is never closed"},
        {"{{ range(*a) }}{{ f(**[1]) }}", "line 1: range takes 1 to 3 arguments, not 0"},
        {"\n{{ a.b }}", "line 2: \"a\" is not defined, so reading .b of it is not possible"},
        {"{% macro m(x) %}\n{{ x.y.z }}{% endmacro %}\n{{ m({}) }}",
         "line 2: a value of type dict has no attribute \"y\""},
        {"{% for i in [1] %}\n{{ i }}\n{{ i + 'a' }}{% endfor %}",
         "line 3: \"+\" is not possible between values of type int and str"},
        {"\n\n{{ raise_exception('no ' ~ 1) }}", "line 3: the template says: no 1"},
        {"{{ 99999999999999999999 }}", "line 1: the number 99999999999999999999 is out of range"},
        {"{{ 9223372036854775807 + 1 }}", "line 1: a number over 2^63"},
        {"{% set x %}{% generation %}{% endgeneration %}{% endset %}", "line 1: a generation block inside of"},
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
        {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "more than 2 million steps"},
        {growing("[ns.x]"), "a value nested deeper than 250 levels"},
        {growing("{'a': ns.x}"), "a value nested deeper than 250 levels"},
        {growing("[ns.x.count]"), "a value nested deeper than 250 levels"},
        {growing("[ns.x, ns.x]"), "a value of more than 4 million parts"},
        {growing("ns.x + ns.x"), "rendering takes more than 2 million steps"},
        {growing("ns.x * 9", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("ns.x ~ ns.x", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("ns.x|replace('', ns.x)", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("[ns.x, ns.x]|join(ns.x)", "'ab'"), "a text of more than 20000000 bytes"},
        {"{{ 'a' * 9999999999 }}", "a text of more than 20000000 bytes"},
        {"{% set x = 'abcdefgh' * 1000 %}{% for i in range(99999) %}{{ x }}{% endfor %}",
         "more than 100 million bytes of output"},
        {growing("ns.x %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset", "'ab'"), "a text of more than 20000000 bytes"},
        {growing("ns.x + ns.x", "'ab'"), "a text of more than 20000000 bytes"},
        {"{{ range(100001) }}", "range has more than 100000 numbers"},
        {"{{ 'a'.center(10**9) }}", "a text of more than 20000000 bytes"},
        {"{{ 'a'.zfill(10**9) }}", "a text of more than 20000000 bytes"},
        {"{{ 'a'.rjust(10**18) }}", "a text of more than 20000000 bytes"},
        {"{{ 'a'|center(10**9) }}", "a text of more than 20000000 bytes"},
        {"{{ 'a\tb'.expandtabs(10**9) }}", "a text of more than 20000000 bytes"},
        {"{{ 'a\nb'|indent(10**9) }}", "a text of more than 20000000 bytes"},
        {"{{ [1]|tojson(indent=10**9) }}", "a text of more than 20000000 bytes"},
        {"{{ '%999999999d' % 1 }}", "a text of more than 20000000 bytes"},
        {"{{ '%.999999999f' % 1 }}", "a text of more than 20000000 bytes"},
        {"{{ '%*d' % (10**12, 1) }}", "a text of more than 20000000 bytes"},
        {"{{ '{:999999999}'.format(1) }}", "a text of more than 20000000 bytes"},
        {"{{ '{:.99999999999999999999999}'.format(1.5) }}", "a text of more than 20000000 bytes"},
        {"{{ [1]|batch(10**9, 'x')|list }}", "a value of more than 4 million parts"},
        {"{{ [0] * 10**9 }}", "a value of more than 4 million parts"},
        {"{{ ('a ' * 4100000).split() }}", "a text of more than 4 million pieces"},
        {"{{ [1]|slice(10**9)|list }}", "rendering takes more than 2 million steps"},
        {"{% set b = range(99999) %}{% for i in b %}{{ b|select('gt', 100000)|first }}{% endfor %}",
         "rendering takes more than 2 million steps"},
        {"{% set b = 'a' * 1000000 %}{% for i in range(999) %}{% set y = b|tojson %}{% endfor %}",
         "rendering takes more than 2 million steps"},
        {"{% for i in range(9) recursive %}{{ loop(range(9)) }}{% endfor %}", "nested deeper than 400 levels"},
        {growing("ns.x|map('string')"), "a value nested deeper than 250 levels"},
        {growing("cycler(ns.x).next"), "a value nested deeper than 250 levels"},
        {growing("ns.x.format", "'a'"), "has no attribute"},
        {growing("(ns.x, ns.x)", "(1,)"), "a value of more than 4 million parts"},
        {"{% set ns = namespace() %}{% set ns.self = ns %}{% set ns.list = [ns] %}{{ ns.list }}",
         "printing is not possible"},
    };
    for (const auto& [source, message] : cases) {
        const std::string got = outcome(source).substr(0, 200);
        EXPECT_NE(got.find(message), std::string::npos) << source.substr(0, 200) << "\n" << got;
    }
    // A search that would take the product of both sizes takes their sum.
    EXPECT_EQ(outcome("{% set b = 'a' * 2000000 %}{% set p = 'a' * 900000 ~ 'b' %}"
                      "{{ b.find(p) }}{{ b.rfind(p) }}{{ p in b }}{{ b.count(p) }}"),
              "-1-1False0");
    auto deep = json::array();
    for (int i = 0; i < 300; ++i) deep = json::array({deep});
    EXPECT_EQ(outcome("{{ deep }}", {{"deep", deep}}), "error: chat template: data nested deeper than 200 levels");
}

}  // namespace
