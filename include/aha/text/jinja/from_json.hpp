#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// A JSON value (either order of keys) as a template sees it. Nesting past 200 levels is a problem.
template <class Json>
value from_json(const Json& json, int depth = 0) {
    if (depth > 200) problem("data nested deeper than 200 levels");
    if (json.is_null()) return none{};
    if (json.is_boolean()) return json.template get<bool>();
    if (json.is_number_float()) return json.template get<double>();
    if (json.is_number_unsigned() && json.template get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        problem("a number over 2^63 in the data");
    if (json.is_number_integer()) return json.template get<std::int64_t>();
    if (json.is_string()) return json.template get<std::string>();
    if (json.is_array()) {
        std::vector<value> items;
        for (const auto& item : json) items.push_back(from_json(item, depth + 1));
        return value::list(std::move(items));
    }
    if (!json.is_object()) problem("data that is not JSON text");
    mapping dict;
    for (const auto& [key, item] : json.items()) dict.entries.emplace_back(key, from_json(item, depth + 1));
    return dict;
}

}  // namespace aha::detail::jinja
