#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/json.hpp>
#include <aha/reward/code/task.hpp>

namespace aha::code {
namespace detail {

/// The text in a row's field; `otherwise` where it is absent or null.
inline std::string text_in(const json& row, const char* field, const std::string& otherwise = {}) {
    const auto found = row.find(field);
    if (found == row.end() || found->is_null()) return otherwise;
    require(found->is_string(), "the field \"", field, "\" holds ", found->dump().substr(0, 80), ", which is no text");
    return found->get<std::string>();
}

/// The texts in a row's field, a list or one text.
inline std::vector<std::string> texts_in(const json& row, const char* field) {
    const auto found = row.find(field);
    if (found == row.end() || found->is_null()) return {};
    std::vector<std::string> texts;
    for (const json& one : found->is_array() ? *found : json::array({*found})) {
        require(one.is_string(), "the field \"", field, "\" holds ", one.dump().substr(0, 80), ", which is no text");
        texts.push_back(one.get<std::string>());
    }
    return texts;
}

/// The names of the functions that a text in Python defines at its outermost level.
inline std::vector<std::string> functions_of(const std::string& text) {
    std::vector<std::string> names;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view define = "def ";
        if (!line.starts_with(define)) continue;
        const std::size_t end = line.find_first_of("( :", define.size());
        names.push_back(line.substr(define.size(), end - define.size()));
    }
    return names;
}

inline task read_plain(const json& row) {
    task read{.before = text_in(row, "before"), .entry_point = text_in(row, "entry_point")};
    const json& tests = row["tests"];
    require(tests.is_array(), "the field \"tests\" holds no list");
    for (const json& one : tests) {
        require(one.is_string() || one.is_object(), "the field \"tests\" holds ", one.dump().substr(0, 80),
                ", which is neither a text nor an object");
        if (one.is_string()) {
            read.tests.push_back({.checks = one.get<std::string>()});
        } else {
            for (const auto& [key, unused] : one.items())
                require(key == "input" || key == "output" || key == "harness" || key == "checks",
                        "a test has a field \"", key, "\"; it may have input, output, harness and checks");
            read.tests.push_back({.input = text_in(one, "input"),
                                  .output = text_in(one, "output"),
                                  .harness = text_in(one, "harness"),
                                  .checks = text_in(one, "checks")});
        }
        if (!read.entry_point.empty()) read.tests.back().names.push_back(read.entry_point);
        read.tests.back().validate();
    }
    return read;
}

inline task read_human_eval(const json& row) {
    task read{.before = text_in(row, "prompt"), .entry_point = text_in(row, "entry_point")};
    require(!read.entry_point.empty(), "the field \"entry_point\" is empty");
    // The prompt's own helpers are run beside the checks too, so that no program can put others in their place.
    const std::string checks =
        read.before + "    pass\n" + text_in(row, "test") + "\ncheck(_program." + read.entry_point + ")\n";
    read.tests.push_back({.checks = checks});
    return read;
}

inline task read_mbpp(const json& row) {
    task read;
    std::string setup = text_in(row, "test_setup_code");
    for (const std::string& line : texts_in(row, "test_imports")) setup += "\n" + line;
    const std::vector<std::string> names = functions_of(text_in(row, "code"));
    for (const std::string& one : texts_in(row, "test_list"))
        read.tests.push_back({.checks = setup + "\n" + one + "\n", .names = names});
    if (!names.empty()) read.entry_point = names.back();
    return read;
}

inline task read_apps(const json& row) {
    const json& field = row["input_output"];
    const json given = field.is_string() ? json::parse(field.get_ref<const std::string&>(), nullptr, false) : field;
    require(given.is_object() && given.contains("inputs") && given.contains("outputs") && given["inputs"].is_array() &&
                given["outputs"].is_array(),
            "the field \"input_output\" holds no object with lists \"inputs\" and \"outputs\"");
    const json &inputs = given["inputs"], &outputs = given["outputs"];
    require(inputs.size() == outputs.size(), "the field \"input_output\" holds ", inputs.size(), " inputs and ",
            outputs.size(), " outputs");
    task read{.entry_point = text_in(given, "fn_name")};
    const auto text_of = [](const json& value) {  // a text, or a list of lines
        if (!value.is_array()) return value.is_string() ? value.get<std::string>() : value.dump();
        std::string lines;
        for (const json& line : value) lines += (line.is_string() ? line.get<std::string>() : line.dump()) + "\n";
        return lines;
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (read.entry_point.empty()) {
            read.tests.push_back({.input = text_of(inputs[i]), .output = text_of(outputs[i])});
            continue;
        }
        // A function or a method of a class Solution; what APPS's harness takes for equal: a list around the value.
        const std::string wanted = json(outputs[i].dump()).dump(), arguments = json(inputs[i].dump()).dump();
        const std::string& name = read.entry_point;
        read.tests.push_back({.checks = "try:\n    called = Solution()." + name +
                                        "\nexcept NameError:\n    called = " + name +
                                        "\ngiven, wanted = plain(called(*json.loads(" + arguments + "))), json.loads(" +
                                        wanted + ")\nassert given == wanted or [given] == wanted, given\n"});
    }
    return read;
}

}  // namespace detail

AHA_INLINE task read_task(const json& row, task_layout layout) {
    require(row.is_object(), "a task is read from a row with fields");
    const auto has = [&](const char* field) { return row.contains(field); };
    if (layout == task_layout::by_fields) {
        layout = has("tests")                        ? task_layout::plain
                 : has("test") && has("entry_point") ? task_layout::human_eval
                 : has("test_list")                  ? task_layout::mbpp
                                                     : task_layout::apps;
        require(layout != task_layout::apps || has("input_output"),
                "the row has none of the fields \"tests\", \"test\" with \"entry_point\", \"test_list\" and "
                "\"input_output\"");
    }
    const char* field = layout == task_layout::plain        ? "tests"
                        : layout == task_layout::human_eval ? "test"
                        : layout == task_layout::mbpp       ? "test_list"
                                                            : "input_output";
    require(has(field), "the row has no field \"", field, "\"");
    task read = layout == task_layout::plain        ? detail::read_plain(row)
                : layout == task_layout::human_eval ? detail::read_human_eval(row)
                : layout == task_layout::mbpp       ? detail::read_mbpp(row)
                                                    : detail::read_apps(row);
    require(!read.tests.empty(), "the field \"", field, "\" holds no test");
    return read;
}

AHA_INLINE std::string whole_program(const task& of, const std::string& program) {
    if (of.before.empty()) return program;
    bool defined = of.entry_point.empty();
    for (const std::string& name : detail::functions_of(program)) defined = defined || name == of.entry_point;
    return defined ? of.before + "\n    pass\n" + program : of.before + program;
}

}  // namespace aha::code
