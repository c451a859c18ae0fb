#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/json.hpp>
#include <aha/text/jinja/letters.hpp>
#include <aha/text/jinja/methods.hpp>
#include <aha/text/jinja/number_filters.hpp>
#include <aha/text/jinja/row_filters.hpp>
#include <aha/text/jinja/tests.hpp>
#include <aha/text/jinja/text_filters.hpp>
#include <aha/text/jinja/value.hpp>

/// Jinja's filters, as far as chat templates use them.
namespace aha::detail::jinja {

inline value apply_filter(std::string_view name, const value& input, const arguments& given);

namespace filters {

inline value tojson(in v, many a) {
    const auto given = a.bind({"ensure_ascii", "indent", "separators", "sort_keys"});
    a.spend(v.reach().parts * 64);
    json_format format;
    format.ascii_only = is_on(given[0]);
    format.sort_keys = is_on(given[3]);
    if (const auto indent = unless_none(given[1])) {
        format.indent = indent->as_text() ? *indent->as_text() : "";
        if (!indent->as_text()) {
            const std::int64_t width = std::max<std::int64_t>(0, need_integer(*indent, "tojson's indent"));
            grow(*format.indent, " ", static_cast<std::size_t>(width));
        }
        format.item_separator = ",";
    }
    if (const auto chosen = unless_none(given[2])) {
        const auto separators = items_of(*chosen);
        if (separators.size() != 2) problem("tojson's separators are not two strings");
        format.item_separator = need_text(separators[0], "tojson's separators");
        format.key_separator = need_text(separators[1], "tojson's separators");
    }
    return to_json(v, format);
}

inline value otherwise(in v, many a) {
    const auto given = a.bind({"default_value", "boolean"});
    return v.is_undefined() || (is_on(given[1]) && !v.truthy()) ? given[0].value_or("") : v;
}

inline value attribute(in v, many a) {
    const auto given = a.bind({"name"}, 1);
    const std::string& name = need_text(*given[0], "the filter attr");
    if (auto found = attribute_of(v, name)) return *std::move(found);
    return undefined{"a value of type " + v.type_name() + " has no attribute \"" + name + "\""};
}

/// The arguments without the first `n`, which the filter itself has used.
inline arguments without_first(many a, std::size_t n) {
    arguments rest = a;
    rest.positional.erase(rest.positional.begin(), rest.positional.begin() + static_cast<std::ptrdiff_t>(n));
    return rest;
}

/// `map(attribute=..., default=...)` or `map("filter", ...)`. What is empty or false has no items.
inline value mapped(in v, many a) {
    if (!v.truthy()) return iterator_over({});
    if (a.positional.empty()) {
        const auto given = a.bind({"attribute", "default"}, 1);
        const attribute_path path{given[0], {.fallback = unless_none(given[1])}};
        return lazily(v, a, [path](const value& item) { return std::optional{path.of(item)}; });
    }
    return lazily(v, a, [name = a.positional[0], rest = without_first(a, 1)](const value& item) {
        value result = apply_filter(need_text(name, "a filter's name"), item, rest);
        if (result.as_text()) rest.spend(result.as_text()->size() / 32);
        return std::optional{std::move(result)};
    });
}

/// The four filters that keep items: by a test of the item or (`by_attribute`) of one attribute, kept where it is
/// `wanted`.
inline value selected(in v, many a, bool by_attribute, bool wanted) {
    if (!v.truthy()) return iterator_over({});
    const std::size_t before = by_attribute ? 1 : 0;
    if (a.positional.size() < before) problem("the filter ", a.callee, " needs an attribute's name");
    const attribute_path path{by_attribute ? std::optional{a.positional[0]} : std::nullopt, {}};
    const bool has_test = a.positional.size() > before;
    return lazily(v, a,
                  [path, wanted, test = has_test ? a.positional[before] : value{},
                   rest = without_first(a, before + (has_test ? 1 : 0))](const value& item) {
                      const value tested = path.of(item);
                      const bool passes = test.is_undefined()
                                              ? tested.truthy()
                                              : passes_test(tested, need_text(test, "a test's name"), rest);
                      return passes == wanted ? std::optional{item} : std::nullopt;
                  });
}

/// All of them by name.
inline const std::map<std::string_view, value (*)(in, many)>& table() {
    static const std::map<std::string_view, value (*)(in, many)> all = {
        {"abs", absolute},
        {"attr", attribute},
        {"batch", batches},
        {"capitalize", [](in v, many a) { return recased(v, a, capitalize); }},
        {"center",
         [](in v, many a) {
             const auto given = a.bind({"width"});
             const std::int64_t width = given[0] ? need_integer(*given[0], "center's width") : 80;
             return value::text(center(to_text(v), width, " "), v.is_safe());
         }},
        {"count", length},
        {"d", otherwise},
        {"default", otherwise},
        {"dictsort", dict_sorted},
        {"e", escaped},
        {"escape", escaped},
        {"filesizeformat", file_size},
        {"first", first},
        {"float", real},
        {"forceescape", [](in v, many a) { return a.take(0, 0), value::text(escape_markup(to_text(v)), true); }},
        {"format", formatted},
        {"groupby", grouped},
        {"indent", indent},
        {"int", integer},
        {"items", items},
        {"join", join},
        {"last", last},
        {"length", length},
        {"list", [](in v, many a) { return a.take(0, 0), value::list(all_items(v, a)); }},
        {"lower", [](in v, many a) { return recased(v, a, lower); }},
        {"map", mapped},
        {"max", [](in v, many a) { return extreme(v, a, true); }},
        {"min", [](in v, many a) { return extreme(v, a, false); }},
        {"reject", [](in v, many a) { return selected(v, a, false, false); }},
        {"rejectattr", [](in v, many a) { return selected(v, a, true, false); }},
        {"replace", replaced},
        {"reverse", reverse},
        {"round", rounded},
        {"safe", [](in v, many a) { return a.take(0, 0), value::text(to_text(v), true); }},
        {"select", [](in v, many a) { return selected(v, a, false, true); }},
        {"selectattr", [](in v, many a) { return selected(v, a, true, true); }},
        {"slice", slices},
        {"sort", sorted},
        {"string", [](in v, many a) { return a.take(0, 0), v.as_text() ? v : value{to_text(v)}; }},
        {"sum", sum},
        {"title",
         [](in v, many a) -> value {
             a.take(0, 0);
             a.spend(v.reach().parts * 64);
             return title_filter(to_text(v));
         }},
        {"tojson", tojson},
        {"trim",
         [](in v, many a) { return value::text(strip(to_text(v), a.bind({"chars"})[0], true, true), v.is_safe()); }},
        {"truncate", truncated},
        {"unique", unique},
        {"upper", [](in v, many a) { return recased(v, a, upper); }},
        {"urlencode", url_encoded},
        {"wordcount", word_count},
    };
    return all;
}

}  // namespace filters

/// `input|name(given)`. A filter that is not in the subset is a problem that names it.
inline value apply_filter(std::string_view name, const value& input, const arguments& given) {
    const auto found = filters::table().find(name);
    if (found == filters::table().end()) problem("the filter \"", name, "\" is not supported");
    if (input.as_text()) given.spend(input.as_text()->size() / 8);
    return found->second(input, given);
}

}  // namespace aha::detail::jinja
