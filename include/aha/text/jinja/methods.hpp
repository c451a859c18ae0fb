#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/text_functions.hpp>
#include <aha/text/jinja/value.hpp>

/// Methods of strings, dicts and lists: those that templates call and that change nothing.
namespace aha::detail::jinja {

using method = value (*)(const value& self, const arguments& given);

inline const std::map<std::string_view, method>& text_methods() {
    using many = const arguments&;
    using self = const value&;
    static const std::map<std::string_view, method> table = {
        {"upper", [](self s, many a) -> value { return a.bind({}), upper(*s.as_text()); }},
        {"lower", [](self s, many a) -> value { return a.bind({}), lower(*s.as_text()); }},
        {"title", [](self s, many a) -> value { return a.bind({}), title_method(*s.as_text()); }},
        {"capitalize", [](self s, many a) -> value { return a.bind({}), capitalize(*s.as_text()); }},
        {"strip", [](self s, many a) -> value { return strip(*s.as_text(), a.bind({"chars"})[0], true, true); }},
        {"lstrip", [](self s, many a) -> value { return strip(*s.as_text(), a.bind({"chars"})[0], true, false); }},
        {"rstrip", [](self s, many a) -> value { return strip(*s.as_text(), a.bind({"chars"})[0], false, true); }},
        {"split",
         [](self s, many a) -> value {
             const auto given = a.bind({"sep", "maxsplit"});
             return value::list(
                 split(*s.as_text(), given[0], given[1] ? need_integer(*given[1], "split's maxsplit") : -1, false));
         }},
        {"rsplit",
         [](self s, many a) -> value {
             const auto given = a.bind({"sep", "maxsplit"});
             return value::list(
                 split(*s.as_text(), given[0], given[1] ? need_integer(*given[1], "rsplit's maxsplit") : -1, true));
         }},
        {"splitlines", [](self s, many a) -> value { return a.bind({}), value::list(split_lines(*s.as_text())); }},
        {"replace",
         [](self s, many a) -> value {
             const auto given = a.bind({"old", "new", "count"});
             if (!given[0] || !given[1]) problem("replace needs two arguments");
             return replace(*s.as_text(), need_text(*given[0], "replace"), need_text(*given[1], "replace"),
                            given[2] ? need_integer(*given[2], "replace's count") : -1);
         }},
        {"removeprefix",
         [](self s, many a) -> value {
             const std::string& prefix = need_text(a.bind({"prefix"})[0].value_or(value{}), "removeprefix");
             return s.as_text()->starts_with(prefix) ? s.as_text()->substr(prefix.size()) : *s.as_text();
         }},
        {"removesuffix",
         [](self s, many a) -> value {
             const std::string& suffix = need_text(a.bind({"suffix"})[0].value_or(value{}), "removesuffix");
             return s.as_text()->ends_with(suffix) ? s.as_text()->substr(0, s.as_text()->size() - suffix.size())
                                                   : *s.as_text();
         }},
        {"startswith",
         [](self s, many a) -> value {
             const value wanted = a.bind({"prefix"})[0].value_or(value{});
             const auto fits = [&](const value& one) { return s.as_text()->starts_with(need_text(one, "startswith")); };
             if (!wanted.as_sequence()) return fits(wanted);
             return std::any_of(wanted.as_sequence()->items.begin(), wanted.as_sequence()->items.end(), fits);
         }},
        {"endswith",
         [](self s, many a) -> value {
             const value wanted = a.bind({"suffix"})[0].value_or(value{});
             const auto fits = [&](const value& one) { return s.as_text()->ends_with(need_text(one, "endswith")); };
             if (!wanted.as_sequence()) return fits(wanted);
             return std::any_of(wanted.as_sequence()->items.begin(), wanted.as_sequence()->items.end(), fits);
         }},
        {"find",
         [](self s, many a) -> value {
             const std::size_t at = s.as_text()->find(need_text(a.bind({"sub"})[0].value_or(value{}), "find"));
             return at == std::string::npos ? value{std::int64_t{-1}}
                                            : value::count(count_characters(s.as_text()->substr(0, at)));
         }},
        {"rfind",
         [](self s, many a) -> value {
             const std::size_t at = s.as_text()->rfind(need_text(a.bind({"sub"})[0].value_or(value{}), "rfind"));
             return at == std::string::npos ? value{std::int64_t{-1}}
                                            : value::count(count_characters(s.as_text()->substr(0, at)));
         }},
        {"count",
         [](self s, many a) -> value {
             const std::string& part = need_text(a.bind({"sub"})[0].value_or(value{}), "count");
             if (part.empty()) return value::count(count_characters(*s.as_text()) + 1);
             std::size_t found = 0;
             for (std::size_t at = 0; (at = s.as_text()->find(part, at)) != std::string::npos; at += part.size())
                 ++found;
             return value::count(found);
         }},
        {"join",
         [](self s, many a) -> value {
             std::string joined;
             const auto items = items_of(a.bind({"iterable"})[0].value_or(value{}));
             for (const value& item : items) {
                 if (&item != items.data()) grow(joined, *s.as_text());
                 grow(joined, need_text(item, "joining"));
             }
             return joined;
         }},
        {"isdigit",
         [](self s, many a) -> value {
             a.bind({});
             need_ascii(*s.as_text(), "isdigit");
             return !s.as_text()->empty() && std::all_of(s.as_text()->begin(), s.as_text()->end(), is_ascii_digit);
         }},
        {"isspace",
         [](self s, many a) -> value { return a.bind({}), !s.as_text()->empty() && trim_left(*s.as_text()).empty(); }},
    };
    return table;
}

inline const std::map<std::string_view, method>& dict_methods() {
    using many = const arguments&;
    using self = const value&;
    static const std::map<std::string_view, method> table = {
        {"get",
         [](self s, many a) -> value {
             const auto given = a.bind({"key", "default"});
             if (!given[0]) problem("get needs a key");
             const value* found = given[0]->as_text() ? s.as_mapping()->find(*given[0]->as_text()) : nullptr;
             return found ? *found : given[1].value_or(none{});
         }},
        {"items",
         [](self s, many a) -> value {
             a.bind({});
             std::vector<value> items;
             for (const auto& [key, content] : s.as_mapping()->entries) items.push_back(value::tuple({key, content}));
             return value::view(std::move(items));
         }},
        {"keys", [](self s, many a) -> value { return a.bind({}), value::view(items_of(s)); }},
        {"values",
         [](self s, many a) -> value {
             a.bind({});
             std::vector<value> items;
             for (const auto& entry : s.as_mapping()->entries) items.push_back(entry.second);
             return value::view(std::move(items));
         }},
        {"copy", [](self s, many a) -> value { return a.bind({}), s; }},
    };
    return table;
}

inline const std::map<std::string_view, method>& list_methods() {
    using many = const arguments&;
    using self = const value&;
    static const std::map<std::string_view, method> table = {
        {"index",
         [](self s, many a) -> value {
             const value wanted = a.bind({"value"})[0].value_or(value{});
             const auto& items = s.as_sequence()->items;
             const auto found =
                 std::find_if(items.begin(), items.end(), [&](const value& item) { return equal(item, wanted); });
             if (found == items.end()) problem("index: the value is not in the list");
             return value::count(static_cast<std::size_t>(found - items.begin()));
         }},
        {"count",
         [](self s, many a) -> value {
             const value wanted = a.bind({"value"})[0].value_or(value{});
             const auto& items = s.as_sequence()->items;
             return static_cast<std::int64_t>(
                 std::count_if(items.begin(), items.end(), [&](const value& item) { return equal(item, wanted); }));
         }},
    };
    return table;
}

/// Python's methods that are not in the tables above: `text.format(...)` must say so rather than be "undefined".
inline bool is_other_method(const value& object, std::string_view name) {
    constexpr std::string_view of_text[] = {"casefold",   "center",       "encode",   "expandtabs", "format",
                                            "format_map", "index",        "isalnum",  "isalpha",    "isascii",
                                            "isdecimal",  "isidentifier", "islower",  "isnumeric",  "isprintable",
                                            "istitle",    "isupper",      "ljust",    "partition",  "rindex",
                                            "rjust",      "rpartition",   "swapcase", "translate",  "zfill"};
    constexpr std::string_view of_dict[] = {"clear", "fromkeys", "pop", "popitem", "setdefault", "update"};
    constexpr std::string_view of_list[] = {"append", "clear",  "copy",    "extend", "insert",
                                            "pop",    "remove", "reverse", "sort"};
    const auto has = [&](const auto& names) {
        return std::find(std::begin(names), std::end(names), name) != std::end(names);
    };
    return object.as_text()       ? has(of_text)
           : object.as_mapping()  ? has(of_dict)
           : object.as_sequence() ? has(of_list)
                                  : false;
}

/// `object.name`: a method, else the item of that name, else undefined.
inline value member_of(const value& object, const std::string& name) {
    if (object.is_undefined()) object.refuse("reading ." + name + " of it");
    if (const auto* space = object.as_name_space()) {
        const value* found = space->attributes.find(name);
        return found ? *found : value{undefined{"the namespace has no attribute \"" + name + "\""}};
    }
    static const std::map<std::string_view, method> no_methods;
    const auto& table = object.as_text()       ? text_methods()
                        : object.as_mapping()  ? dict_methods()
                        : object.as_sequence() ? list_methods()
                                               : no_methods;
    if (const auto found = table.find(name); found != table.end()) {
        extent reach;
        reach.enclose(object.reach());
        return callable{[object, call = found->second](const arguments& given) { return call(object, given); }, reach};
    }
    if (is_other_method(object, name)) problem("the method .", name, " of a ", object.type_name(), " is not supported");
    const value item = item_of(object, name);
    if (!item.is_undefined()) return item;
    return undefined{"a value of type " + object.type_name() + " has no attribute \"" + name + "\""};
}

}  // namespace aha::detail::jinja
