#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tests/mutation/damaged_bytes.hpp>

namespace mutation {

/// Pieces of templates at which readers of Jinja go wrong, by syntax or by what they ask for.
inline constexpr std::string_view template_pieces[] = {
    "{%",
    "%}",
    "{{",
    "}}",
    "{#",
    "#}",
    "{%-",
    "-%}",
    "-",
    "+",
    "|",
    ".",
    "[",
    "]",
    "(",
    ")",
    "'",
    "\"",
    " is ",
    " not ",
    "loop",
    " in ",
    "1",
    "::",
    ":",
    "~",
    "*",
    "**",
    "//",
    "%",
    "=",
    "==",
    "\xff",
    "\xe4",
    "\n",
    "{% endif %}",
    "{% endfor %}",
    "{% else %}",
    "{% if messages %}",
    "{% for m in messages %}",
    "{% set x = messages %}",
    "{% set ns = namespace(a=1) %}",
    "{% set ns.a = ns %}",
    "{% macro f(x, y=1) %}{{ x }}{% endmacro %}{{ f(f) }}",
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    "{% call f(1) %}x{% endcall %}",
    "{% generation %}",
    "{% endgeneration %}",
    "{% break %}",
    "{% continue %}",
    "{% raw %}",
    "{% endraw %}",
    "{% filter upper %}",
    "{% endfilter %}",
    "{% for i in range(999999999) %}{% endfor %}",
    "{% for i in range(30000) %}{% for j in range(30000) %}{% endfor %}{% endfor %}",
    "{{ 'a' * 999999999 }}",
    "{{ ['a'] * 999999999 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ 2 ** -1 }}",
    "{{ 1 // 0 }}",
    "{{ 1 % 0 }}",
    "{{ 1 / 0 }}",
    "{{ -9223372036854775808 // -1 }}",
    "{{ 9223372036854775807 + 1 }}",
    "{{ -9223372036854775808 * -1 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '{:999999999}'.format(1) }}",
    "{{ '{0[0]}'.format(messages) }}",
    "{{ '%s' % () }}",
    "{{ 'a'.center(999999999) }}",
    "{{ 'a'.zfill(999999999) }}",
    "{{ 'a'.ljust(999999999) }}",
    "{{ 1.5|round(400) }}",
    "{{ 1|round(-400) }}",
    "{{ 'a'|indent(999999999) }}",
    "{{ messages|tojson(indent=999999999) }}",
    "{{ messages|batch(0)|list }}",
    "{{ messages|slice(0)|list }}",
    "{{ messages|batch(3, messages)|list }}",
    "{{ 'a'.replace('', 'bbbbbbbb') }}",
    "{{ 'a'.split('') }}",
    "{{ ''.join(messages) }}",
    "{{ messages[::0] }}",
    "{{ messages[-99:99:-1] }}",
    "{{ 'abc'[::-1] }}",
    "{{ messages|map(attribute='role')|unique|list }}",
    "{{ messages|selectattr('role', 'in', 1)|list }}",
    "{{ messages|sort(attribute='content')|list }}",
    "{{ messages|groupby('role') }}",
    "{{ cycler('a', 'b').next() }}",
    "{{ joiner()() }}",
    "{{ loop.cycle() }}",
    "{{ loop.changed(loop) }}",
    "{{ self }}",
    "{{ range }}",
    "{{ namespace }}",
    "{{ raise_exception('no') }}",
    "{{ strftime_now('%Y') }}",
    "{{ strftime_now('%' * 5000) }}",
    "{{ dict(a=1)|items|list }}",
    "{{ [1, [2, [3]]]|sum }}",
    "{{ [[]]|sum(start=[]) }}",
    "{{ []|min }}",
    "{{ [1, 'a']|max }}",
    "{{ {1: 2}[1] }}",
    "{{ x|default(x, true) }}",
    "{{ x.y.z }}",
    "{{ lipsum() }}",
    "{% for k, v in messages %}{% endfor %}",
    "{% for a in b recursive %}{% endfor %}",
    "{{ loop(messages) }}",
    "{% set a, b = messages %}",
    "{{ 'ǆ'|capitalize }}",
    "{{ 'ß'.upper() }}",
    "{{ 1_000 }}",
    "{{ 0xff }}",
    "{{ 1e999 }}",
    "{{ 'a' 'b' }}",
    "{{ '\\ud800' }}",
    "{{ '\\N{BULLET}' }}",
    "{{ '\\x' }}"};

/// A template cut where its words begin and end.
inline std::vector<std::string> template_tokens(std::string_view source) {
    std::vector<std::string> tokens;
    const auto kind = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return std::isalnum(byte) != 0 || c == '_' ? 0 : std::isspace(byte) != 0 ? 1 : 2;
    };
    for (std::size_t at = 0; at < source.size();) {
        const std::string_view rest = source.substr(at);
        std::size_t size = 1;
        if (rest[0] == '\'' || rest[0] == '"') {
            const std::size_t close = rest.find(rest[0], 1);
            if (close != std::string_view::npos && close < 60) size = close + 1;
        } else if (rest.starts_with("{%") || rest.starts_with("{{") || rest.starts_with("{#")) {
            size = rest.size() > 2 && rest[2] == '-' ? 3 : 2;
        } else if (rest.starts_with("-%}") || rest.starts_with("-}}") || rest.starts_with("-#}")) {
            size = 3;
        } else if (rest.starts_with("%}") || rest.starts_with("}}") || rest.starts_with("#}")) {
            size = 2;
        } else if (kind(rest[0]) < 2) {
            while (size < rest.size() && kind(rest[size]) == kind(rest[0])) ++size;
        }
        tokens.emplace_back(rest.substr(0, size));
        at += size;
    }
    return tokens;
}

namespace detail {

inline void damage_tokens_once(std::vector<std::string>& tokens, chances& chance,
                               const std::vector<std::string>& other) {
    using offset = std::ptrdiff_t;
    const std::size_t at = chance.below(tokens.size());
    const auto here = tokens.begin() + static_cast<offset>(at);
    const auto slice = [&](const std::vector<std::string>& from, std::size_t most) {
        const std::size_t begin = chance.below(from.size());
        const std::size_t end = std::min(from.size(), begin + 1 + chance.below(most));
        return std::vector<std::string>(from.begin() + static_cast<offset>(begin),
                                        from.begin() + static_cast<offset>(end));
    };
    switch (chance.below(9)) {
        case 0:
            tokens.erase(here, here + static_cast<offset>(std::min(tokens.size() - at, 1 + chance.below(4))));
            break;
        case 1: {
            const auto part = slice(tokens, 30);
            tokens.insert(here, part.begin(), part.end());
            break;
        }
        case 2: {
            const auto part = slice(other, 30);
            tokens.insert(here, part.begin(), part.end());
            break;
        }
        case 3: std::swap(*here, tokens[chance.below(tokens.size())]); break;
        case 4: *here = other[chance.below(other.size())]; break;
        case 5:  // the begin of one, the end of another
            tokens.resize(at);
            tokens.insert(tokens.end(), other.begin() + static_cast<offset>(chance.below(other.size())), other.end());
            break;
        case 6: {  // many times the same: depth, or length
            const auto part = slice(tokens, 3);
            std::vector<std::string> run;
            for (std::size_t n = 1 + chance.below(chance.one_in(4) ? 1500 : 20); n > 0; --n)
                run.insert(run.end(), part.begin(), part.end());
            tokens.insert(here, run.begin(), run.end());
            break;
        }
        case 7: *here = std::string{chance.pick(words)}; break;
        default: tokens.insert(here, std::string{chance.pick(template_pieces)});
    }
}

}  // namespace detail

/// A template with words moved, doubled, lost, or taken from `other`, and at times bytes as well.
inline std::string damaged_template(const std::string& source, chances& chance, const std::string& other) {
    if (chance.one_in(6)) return damaged_bytes(source, chance, other);
    std::vector<std::string> tokens = template_tokens(source);
    const std::vector<std::string> others = template_tokens(other);
    for (std::size_t n = chance.few(8); n > 0 && !tokens.empty(); --n)
        detail::damage_tokens_once(tokens, chance, others);
    std::string text;
    for (const std::string& token : tokens) text += token;
    return chance.one_in(10) ? damaged_bytes(text, chance) : text;
}

}  // namespace mutation
