#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <tests/support/text_files.hpp>
#include <tests/mutation/damaged_json.hpp>

namespace mutation {

/// Messages as users have them: plain, with thoughts, with calls of tools, with parts, and such as nobody should write.
inline const std::vector<json>& conversations() {
    static const std::vector<json> all = [] {
        const json user = {{"role", "user"}, {"content", "What is 2 + 2?"}};
        const json assistant = {{"role", "assistant"}, {"content", "<think>\n2 + 2\n</think>\n\n4"}};
        const json call = {{"id", "abcdef123"},
                           {"type", "function"},
                           {"function", {{"name", "add"}, {"arguments", {{"b", 2}, {"a", 2.5}}}}}};
        return std::vector<json>{
            json::array({user, assistant}),
            json::array({{{"role", "system"}, {"content", "Be brief."}}, user, assistant, user}),
            json::array({user, {{"role", "assistant"}, {"reasoning_content", "2 and 2"}, {"content", "4"}}, user}),
            json::array({user,
                         {{"role", "assistant"}, {"content", nullptr}, {"tool_calls", json::array({call})}},
                         {{"role", "tool"}, {"name", "add"}, {"tool_call_id", "abcdef123"}, {"content", "4.5"}},
                         assistant}),
            json::array({{{"role", "user"},
                          {"content", json::array({{{"type", "text"}, {"text", "hi"}}, {{"type", "image"}}})}},
                         assistant}),
            json::array(),
            json::array({assistant, assistant}),
            json::array({{{"role", "user"}, {"content", std::string(3000, 'a') + "\u00e4\n\"<&>"}},
                         {{"role", "assistant"}, {"content", ""}}})};
    }();
    return all;
}

/// What a template may be given besides.
inline const json& template_variables() {
    static const json all = {
        {"bos_token", "<s>"},
        {"eos_token", "</s>"},
        {"enable_thinking", false},
        {"keys", {{"1", 2}, {"b", {1, 2, 3}}}},
        {"tools", json::array({{{"type", "function"},
                                {"function",
                                 {{"name", "add"},
                                  {"description", "Adds \u00e4."},
                                  {"parameters",
                                   {{"type", "object"},
                                    {"properties", {{"a", {{"type", "number"}}}, {"b", {{"type", "number"}}}}},
                                    {"required", {"a", "b"}}}}}}}})}};
    return all;
}

/// The templates that tests of chat templates read, and short ones.
inline const std::vector<std::string>& templates() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> found;
        std::vector<std::filesystem::path> paths;
        for (const auto& entry :
             std::filesystem::directory_iterator{std::filesystem::path{AHA_TEST_DATA} / "text/data/chat"})
            if (entry.path().extension() == ".jinja") paths.push_back(entry.path());
        std::ranges::sort(paths);  // a folder has no order of its own
        for (const auto& path : paths) found.push_back(aha::test::text_of(path));
        const std::vector<std::string> shorter{
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ "
            "m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}{% "
            "if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
            "{%- set ns = namespace(found=false) -%}{%- for m in messages|reverse -%}{%- if loop.first and not "
            "ns.found -%}{%- set ns.found = m.content|length > 2 -%}{%- endif -%}{{ loop.index0 }}{{ m | "
            "tojson(indent=2) }}{%- endfor -%}{{ ns.found }}",
            "{% macro show(m, upper=false) %}{{ m.content|trim|upper if upper else m['content'] }}{% endmacro %}{% for "
            "m in messages if m.role != 'system' %}{{ show(m, upper=true) }}{{ show(m) }}{{ loop.length }}{% else "
            "%}none{% endfor %}",
            "{{ messages | map(attribute='role') | list | join(', ') }}{{ messages | selectattr('role', 'equalto', "
            "'user') | list | length }}{{ keys.items() | list }}{{ keys | dictsort }}{{ range(3, 9, 2) | list }}{{ 'a "
            "b'.split(' ')[::-1] }}",
            "{{ bos_token }}{% if tools is defined and tools is not none %}{% for t in tools %}{{ t.function.name }}{{ "
            "t | tojson }}{% for k, v in t.function.parameters.properties.items() %}{{ k }}: {{ v.type }}{% endfor "
            "%}{% endfor %}{% endif %}{{ '%s of %05.2f' % ('x', 1.5) }}{{ '{:>8}|{}'.format('a', 2) }}{{ [3, 1, 2] | "
            "sort | first }}{{ 7 // 2 }}{{ -7 % 3 }}{{ 2 ** 10 }}{{ 'a' ~ 1 ~ none }}",
            "{% set items = [] %}{% for m in messages %}{% set _ = items.append(m.content) %}{% if not m.content %}{% "
            "continue %}{% endif %}{% endfor %}{{ items }}{% call(x) wrap() %}{{ x }}{% endcall %}{% macro wrap() "
            "%}[{{ caller(1) }}]{% endmacro %}{% filter upper %}a{% endfilter %}{% raw %}{{ x }}{% endraw %}"};
        found.insert(found.end(), shorter.begin(), shorter.end());
        return found;
    }();
    return all;
}

}  // namespace mutation
