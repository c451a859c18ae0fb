#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/iteration.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/text_methods.hpp>
#include <aha/text/jinja/value.hpp>

/// Methods of dicts and of lists, tuples and ranges: those that change nothing.
namespace aha::detail::jinja {

/// The (key, value) pairs of a dict.
inline std::vector<value> pairs_of(const mapping& dict) {
    std::vector<value> pairs;
    pairs.reserve(dict.entries.size());
    for (const auto& [key, content] : dict.entries) pairs.push_back(value::tuple({key, content}));
    return pairs;
}

inline const std::map<std::string_view, method>& dict_methods() {
    using many = const arguments&;
    using self = const value&;
    static const std::map<std::string_view, method> table = {
        {"get",
         [](self s, many a) -> value {
             const auto given = a.take(1, 2);
             const value* found = s.as_mapping()->find(*given[0]);
             return found ? *found : given[1].value_or(none{});
         }},
        {"items", [](self s, many a) -> value { return a.take(0, 0), value::view(pairs_of(*s.as_mapping())); }},
        {"keys", [](self s, many a) -> value { return a.take(0, 0), value::view(items_of(s)); }},
        {"values",
         [](self s, many a) -> value {
             a.take(0, 0);
             std::vector<value> items;
             for (const auto& entry : s.as_mapping()->entries) items.push_back(entry.second);
             return value::view(std::move(items));
         }},
        {"copy", [](self s, many a) -> value { return a.take(0, 0), s; }},
    };
    return table;
}

inline const std::map<std::string_view, method>& row_methods() {
    using many = const arguments&;
    using self = const value&;
    static const std::map<std::string_view, method> table = {
        {"index",
         [](self s, many a) -> value {
             const auto given = a.take(1, s.is_row(sequence::kind::range) ? 1 : 3);
             const auto& items = s.as_sequence()->items;
             const auto size = static_cast<std::int64_t>(items.size());
             const auto place = [&](std::size_t which, std::int64_t otherwise) {
                 if (given.size() <= which || !given[which]) return otherwise;
                 const std::int64_t at = need_integer(*given[which], "index");
                 return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
             };
             for (std::int64_t at = place(1, 0); at < place(2, size); ++at)
                 if (equal(items[static_cast<std::size_t>(at)], *given[0])) return at;
             problem("index: the value is not in the list");
         }},
        {"count",
         [](self s, many a) -> value {
             const auto given = a.take(1, 1);
             const auto& items = s.as_sequence()->items;
             return static_cast<std::int64_t>(
                 std::count_if(items.begin(), items.end(), [&](const value& item) { return equal(item, *given[0]); }));
         }},
    };
    return table;
}

}  // namespace aha::detail::jinja
