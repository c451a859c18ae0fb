#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace aha::detail::jinja {

/// Whether Jinja has a filter of that name (which may be one that is refused here).
inline bool is_filter_name(std::string_view name) {
    constexpr std::string_view names[] = {
        "abs",    "attr",       "batch",       "capitalize", "center",   "count",
        "d",      "default",    "dictsort",    "e",          "escape",   "filesizeformat",
        "first",  "float",      "forceescape", "format",     "groupby",  "indent",
        "int",    "items",      "join",        "last",       "length",   "list",
        "lower",  "map",        "max",         "min",        "pprint",   "random",
        "reject", "rejectattr", "replace",     "reverse",    "round",    "safe",
        "select", "selectattr", "slice",       "sort",       "string",   "striptags",
        "sum",    "title",      "tojson",      "trim",       "truncate", "unique",
        "upper",  "urlencode",  "urlize",      "wordcount",  "wordwrap", "xmlattr"};
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// Whether Jinja has a test of that name.
inline bool is_test_name(std::string_view name) {
    constexpr std::string_view names[] = {
        "odd",     "even",   "divisibleby", "defined",  "undefined", "filter", "test",    "none",
        "boolean", "false",  "true",        "integer",  "float",     "lower",  "upper",   "string",
        "mapping", "number", "sequence",    "iterable", "callable",  "sameas", "escaped", "in",
        "==",      "eq",     "equalto",     "!=",       "ne",        ">",      "gt",      "greaterthan",
        "ge",      ">=",     "<",           "lt",       "lessthan",  "<=",     "le"};
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace aha::detail::jinja
