#pragma once

#include <cmath>
#include <string>

#include <aha/core/json.hpp>

namespace aha::detail {

/// A row as the text that `parse_json` reads back as the same values: numbers that are not finite are written as
/// Python's json writes them (NaN, Infinity, -Infinity), where `json::dump` would write null. Throws as that does for a
/// text that is not UTF-8.
inline std::string dump_row(const json& value) {
    if (value.is_number_float()) {
        const double number = value.get<double>();
        if (std::isnan(number)) return "NaN";
        if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
    }
    if (!value.is_structured()) return value.dump();
    std::string text;
    for (auto one = value.begin(); one != value.end(); ++one) {
        if (!text.empty()) text += ',';
        if (value.is_object()) text += json(one.key()).dump() + ':';
        text += dump_row(*one);
    }
    return value.is_object() ? '{' + text + '}' : '[' + text + ']';
}

}  // namespace aha::detail
