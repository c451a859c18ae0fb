#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/json.hpp>
#include <aha/data/task_rows.hpp>

namespace aha {
namespace detail {

/// The first of these fields that the row has.
inline std::string task_field(const json& row, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (row.contains(name) && !row[name].is_null()) return name;
    std::string all;
    for (const char* name : names) all += std::string{all.empty() ? "" : " or "} + "\"" + name + "\"";
    fail("the row has no field ", all);
}

inline std::string task_text(const json& row, const std::string& field) {
    require(row.contains(field), "the row has no field \"", field, "\"");
    require(row[field].is_string(), "the field \"", field, "\" holds ", row[field].dump().substr(0, 80),
            ", which is no text");
    return row[field].get<std::string>();
}

}  // namespace detail

AHA_INLINE task_rows task_rows::named(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, task_kind>, 6> known{{{"gsm8k", task_kind::gsm8k},
                                                                           {"math", task_kind::math},
                                                                           {"reasoning-gym", task_kind::reasoning_gym},
                                                                           {"human-eval", task_kind::human_eval},
                                                                           {"mbpp", task_kind::mbpp},
                                                                           {"apps", task_kind::apps}}};
    for (const auto& [known_name, kind] : known)
        if (name == known_name) return {.kind = kind};
    fail("there is no task \"", name, "\"; there are gsm8k, math, reasoning-gym, human-eval, mbpp and apps");
}

AHA_INLINE std::string task_rows::ask(const json& row) const {
    require(row.is_object(), "a task is read from a row with fields");
    const auto asked = [&](std::initializer_list<const char*> usual) {
        return detail::task_text(row, question.empty() ? detail::task_field(row, usual) : question);
    };
    const std::string boxed = "\n\nReason step by step, and put the final answer in \\boxed{}.";
    const std::string program = "\n\nWrite a program in Python, in one block that begins with ```python.";
    switch (kind) {
        case task_kind::gsm8k: return asked({"question"}) + boxed;
        case task_kind::math: return asked({"problem", "question"}) + boxed;
        case task_kind::reasoning_gym:
            return asked({"question"}) + "\n\nPut the final answer between <answer> and </answer>.";
        case task_kind::human_eval:
            return "Complete this function.\n\n```python\n" + asked({"prompt"}) +
                   "```\n\nWrite the whole function in one block that begins with ```python.";
        case task_kind::mbpp: {
            std::string text = asked({"text", "prompt"}) + "\n\nIt must pass these tests:\n";
            const json& tests = row.contains("test_list") ? row["test_list"] : json::array();
            for (const json& test : tests) text += "\n" + (test.is_string() ? test.get<std::string>() : test.dump());
            return text + program;
        }
        case task_kind::apps: break;
    }
    std::string text = asked({"question"});
    if (const auto found = row.find("starter_code");
        found != row.end() && found->is_string() && !found->get_ref<const std::string&>().empty())
        return text + "\n\nBegin with\n\n```python\n" + found->get<std::string>() + "\n```" + program;
    return text + "\n\nThe program reads its standard input and writes to its standard output." + program;
}

AHA_INLINE std::string task_rows::answer_field(const json& row) const {
    if (!answer.empty()) {
        require(row.contains(answer), "the row has no field \"", answer, "\"");
        return answer;
    }
    require(!asks_for_program(), "the tests of a program are no answer; use code_reward");
    if (kind == task_kind::math) return detail::task_field(row, {"answer", "solution"});
    return detail::task_field(row, {"answer"});
}

}  // namespace aha
