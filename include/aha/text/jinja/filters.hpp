#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/methods.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/tests.hpp>
#include <aha/text/jinja/text_functions.hpp>
#include <aha/text/jinja/value.hpp>

/// Jinja's filters, as far as chat templates use them.
namespace aha::detail::jinja {

inline value apply_filter(std::string_view name, const value& input, const arguments& given);

namespace filters {

using in = const value&;
using many = const arguments&;

inline value length(in v, many a) {
    a.bind({});
    if (const auto* text = v.as_text()) return value::count(count_characters(*text));
    if (v.is_row(sequence::kind::iterator)) v.refuse("length");
    return value::count(items_of(v).size());
}

inline value tojson(in v, many a) {
    const auto given = a.bind({"ensure_ascii", "indent", "separators", "sort_keys"});
    json_format format;
    format.ascii_only = given[0] && given[0]->truthy();
    format.sort_keys = given[3] && given[3]->truthy();
    if (given[1] && !given[1]->is_none()) {
        format.indent = given[1]->as_text() ? *given[1]->as_text()
                                            : std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(
                                                              need_integer(*given[1], "tojson's indent"), 0, 100)),
                                                          ' ');
        format.item_separator = ",";
    }
    if (given[2] && !given[2]->is_none()) {
        const auto separators = items_of(*given[2]);
        if (separators.size() != 2) problem("tojson's separators are not two strings");
        format.item_separator = need_text(separators[0], "tojson's separators");
        format.key_separator = need_text(separators[1], "tojson's separators");
    }
    return to_json(v, format);
}

/// `path` with dots, each part an attribute or, if all digits, an index.
inline value attribute_of(value v, const value& path) {
    if (path.as_integer()) return item_of(v, path);
    for (const value& part : split(need_text(path, "an attribute's name"), value{"."}, -1, false)) {
        const std::string& name = *part.as_text();
        const bool number = !name.empty() && name.size() < 10 && std::all_of(name.begin(), name.end(), is_ascii_digit);
        v = item_of(v, number ? value{static_cast<std::int64_t>(std::stoll(name))} : part);
    }
    return v;
}

inline value join(in v, many a) {
    const auto given = a.bind({"d", "attribute"});
    const std::string separator = given[0] ? to_text(*given[0]) : "";
    std::string joined;
    bool first = true;
    for (const value& item : items_of(v)) {
        if (!first) grow(joined, separator);
        grow(joined, to_text(given[1] ? attribute_of(item, *given[1]) : item));
        first = false;
    }
    return joined;
}

inline value replaced(in v, many a) {
    const auto given = a.bind({"old", "new", "count"});
    if (!given[0] || !given[1]) problem("the filter replace needs two arguments");
    return replace(to_text(v), to_text(*given[0]), to_text(*given[1]),
                   given[2] && !given[2]->is_none() ? need_integer(*given[2], "replace's count") : -1);
}

inline value otherwise(in v, many a) {
    const auto given = a.bind({"default_value", "boolean"});
    const bool by_truth = given[1] && given[1]->truthy();
    return v.is_undefined() || (by_truth && !v.truthy()) ? given[0].value_or("") : v;
}

inline value first(in v, many a) {
    a.bind({});
    const auto items = items_of(v, true);
    return items.empty() ? value{undefined{"there is no first item"}} : items.front();
}
inline value last(in v, many a) {
    a.bind({});
    const auto items = items_of(v);
    return items.empty() ? value{undefined{"there is no last item"}} : items.back();
}
inline value reverse(in v, many a) {
    a.bind({});
    auto items = items_of(v);
    std::reverse(items.begin(), items.end());
    if (!v.as_text()) return value::iterator(std::move(items));
    std::string text;
    for (const value& piece : items) text += *piece.as_text();
    return text;
}
inline value items(in v, many a) {
    a.bind({});
    if (v.is_undefined()) return value::iterator({});
    if (!v.as_mapping()) v.refuse("the filter items");
    return value::iterator(items_of(dict_methods().at("items")(v, a)));
}

/// Without a leading "+", which from_chars does not know.
inline std::string_view without_plus(std::string_view text) {
    return text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
}
inline value integer(in v, many a) {
    const auto given = a.bind({"default"});
    if (v.is_undefined()) v.refuse("the filter int");
    const value fallback = given[0].value_or(std::int64_t{0});
    if (const auto number = v.as_integer()) return *number;
    double real = v.as_real() ? *v.as_real() : NAN;
    if (v.as_text()) {
        const std::string text = strip(*v.as_text(), std::nullopt, true, true);
        const std::string_view digits = without_plus(text);
        std::int64_t whole = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
        if (read.ec == std::errc{} && read.ptr == digits.data() + digits.size()) return whole;
        const auto real_read = std::from_chars(digits.data(), digits.data() + digits.size(), real);
        if (real_read.ec != std::errc{} || real_read.ptr != digits.data() + digits.size()) return fallback;
    }
    return std::fabs(real) < 9e18 ? value{static_cast<std::int64_t>(real)} : fallback;
}
inline value real(in v, many a) {
    const auto given = a.bind({"default"});
    if (v.is_undefined()) v.refuse("the filter float");
    if (const auto number = v.as_number()) return *number;
    double number = 0;
    const std::string text = v.as_text() ? strip(*v.as_text(), std::nullopt, true, true) : "";
    const std::string_view digits = without_plus(text);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool whole_text = !digits.empty() && read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
    return whole_text ? value{number} : given[0].value_or(0.0);
}
inline value absolute(in v, many a) {
    a.bind({});
    if (const auto number = v.as_integer())
        return *number < 0 ? compute("-", std::int64_t{0}, *number) : value{*number};
    if (const double* number = v.as_real()) return std::fabs(*number);
    v.refuse("the filter abs");
}

/// `map(attribute=..., default=...)` or `map("filter", ...)`.
inline value mapped(in v, many a) {
    std::vector<value> results;
    if (a.positional.empty()) {
        const auto given = a.bind({"attribute", "default"});
        if (!given[0]) problem("the filter map needs attribute=... or a filter's name");
        for (const value& item : items_of(v)) {
            value found = attribute_of(item, *given[0]);
            results.push_back(found.is_undefined() && given[1] ? *given[1] : std::move(found));
        }
        return value::iterator(std::move(results));
    }
    arguments rest = a;
    rest.positional.erase(rest.positional.begin());
    const std::string& name = need_text(a.positional[0], "a filter's name");
    for (const value& item : items_of(v)) results.push_back(apply_filter(name, item, rest));
    return value::iterator(std::move(results));
}

/// The four filters that keep items: by a test of the item or (`by_attribute`) of one attribute, kept where it is
/// `wanted`.
inline value selected(in v, arguments rest, bool by_attribute, bool wanted) {
    const auto take_first = [&] {
        value head = rest.positional.front();
        rest.positional.erase(rest.positional.begin());
        return head;
    };
    if (by_attribute && rest.positional.empty()) problem("the filter ", rest.callee, " needs an attribute's name");
    const value attribute = by_attribute ? take_first() : value{};
    const std::string test = rest.positional.empty() ? "" : need_text(take_first(), "a test's name");
    std::vector<value> kept;
    for (const value& item : items_of(v)) {
        const value tested = by_attribute ? attribute_of(item, attribute) : item;
        if ((test.empty() ? tested.truthy() : passes_test(tested, test, rest)) == wanted) kept.push_back(item);
    }
    return value::iterator(std::move(kept));
}

inline value indent(in v, many a) {
    const auto given = a.bind({"width", "first", "blank"});
    const value width = given[0].value_or(std::int64_t{4});
    const std::string margin = width.as_text() ? *width.as_text()
                                               : std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(
                                                                 need_integer(width, "indent's width"), 0, 1000)),
                                                             ' ');
    const bool blank = given[2] && given[2]->truthy();
    std::string result;
    const auto lines = split_lines(need_text(v, "the filter indent") + '\n');
    for (const value& line : lines) {
        const bool head = &line == lines.data();
        if (!head) result += '\n';
        if (head ? given[1] && given[1]->truthy() : blank || !line.as_text()->empty()) grow(result, margin);
        grow(result, *line.as_text());
    }
    return result;
}

/// Sorted by value; strings without regard to case, as Jinja does.
inline value sorted(in v, many a) {
    const auto given = a.bind({"reverse", "case_sensitive", "attribute"});
    const bool folds = !given[1] || !given[1]->truthy();
    const auto key = [&](const value& item) {
        const value found = given[2] ? attribute_of(item, *given[2]) : item;
        return folds && found.as_text() ? value{lower(*found.as_text())} : found;
    };
    auto items = items_of(v);
    const bool down = given[0] && given[0]->truthy();
    std::stable_sort(items.begin(), items.end(), [&](const value& x, const value& y) {
        return down ? less(key(y), key(x)) : less(key(x), key(y));
    });
    return value::list(std::move(items));
}

/// The dict's items sorted by key (or by value), strings without regard to case unless asked for.
inline value dict_sorted(in v, many a) {
    const auto given = a.bind({"case_sensitive", "by", "reverse"});
    if (!v.as_mapping()) v.refuse("the filter dictsort");
    const std::string by = given[1] ? need_text(*given[1], "dictsort's by") : "key";
    if (by != "key" && by != "value") problem("dictsort goes by \"key\" or \"value\", not by ", quote_for_repr(by));
    const bool by_value = by == "value";
    const arguments options{
        "sort", {given[2].value_or(false), given[0].value_or(false), std::int64_t{by_value ? 1 : 0}}, {}};
    return sorted(dict_methods().at("items")(v, {}), options);
}

/// All of them by name.
inline const std::map<std::string_view, value (*)(in, many)>& table() {
    static const std::map<std::string_view, value (*)(in, many)> all = {
        {"length", length},
        {"count", length},
        {"tojson", tojson},
        {"join", join},
        {"replace", replaced},
        {"default", otherwise},
        {"d", otherwise},
        {"first", first},
        {"last", last},
        {"reverse", reverse},
        {"items", items},
        {"int", integer},
        {"float", real},
        {"abs", absolute},
        {"map", mapped},
        {"indent", indent},
        {"sort", sorted},
        {"dictsort", dict_sorted},
        {"safe", [](in v, many a) -> value { return a.bind({}), safe_text{to_text(v)}; }},
        {"trim", [](in v, many a) -> value { return strip(to_text(v), a.bind({"chars"})[0], true, true); }},
        {"upper", [](in v, many a) -> value { return a.bind({}), upper(to_text(v)); }},
        {"lower", [](in v, many a) -> value { return a.bind({}), lower(to_text(v)); }},
        {"title", [](in v, many a) -> value { return a.bind({}), title_filter(to_text(v)); }},
        {"capitalize", [](in v, many a) -> value { return a.bind({}), capitalize(to_text(v)); }},
        {"string", [](in v, many a) -> value { return a.bind({}), v.as_safe_text() ? v : to_text(v); }},
        {"list", [](in v, many a) -> value { return a.bind({}), value::list(items_of(v)); }},
        {"select", [](in v, many a) -> value { return selected(v, a, false, true); }},
        {"reject", [](in v, many a) -> value { return selected(v, a, false, false); }},
        {"selectattr", [](in v, many a) -> value { return selected(v, a, true, true); }},
        {"rejectattr", [](in v, many a) -> value { return selected(v, a, true, false); }},
    };
    return all;
}

}  // namespace filters

/// `input|name(given)`. A filter that is not in the subset is a problem that names it.
inline value apply_filter(std::string_view name, const value& input, const arguments& given) {
    const auto found = filters::table().find(name);
    if (found == filters::table().end()) problem("the filter \"", name, "\" is not supported");
    return found->second(input, given);
}

}  // namespace aha::detail::jinja
