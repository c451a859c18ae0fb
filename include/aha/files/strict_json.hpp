#pragma once

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/json_parser.hpp>
#include <aha/files/mapped_file.hpp>

namespace aha::detail {

/// Parses JSON that may be hostile: a key given twice, more than 64 levels, or trailing text is an `aha::error` that
/// begins with `where` (a file, and a part of it if need be). An integer of more than 64 bits, as `model_max_length`
/// often is, is rounded to a double.
template <class Json = nlohmann::json>
Json parse_strict_json(std::string_view text, const std::string& where,
                       json_numbers accepted = json_numbers::standard) {
    return parse_json<Json>(text, where, {.numbers = accepted, .wide = wide_integers::rounded});
}

/// The JSON object in a file, which Python may have written.
inline nlohmann::json read_json_object(const std::filesystem::path& path) {
    const mapped_file file{path};
    const std::string_view text{reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    nlohmann::json value = parse_strict_json(text, path.string(), json_numbers::as_python);
    require(value.is_object(), path.string(), ": the JSON is not an object");
    return value;
}

/// Text to be written; a string that is not UTF-8 is an `aha::error` that begins with `where`.
template <class Json>
std::string dump_json(const Json& value, const std::string& where, int indent = -1) {
    try {
        return value.dump(indent);
    } catch (const nlohmann::json::exception&) {
        fail(where, ": a name or text in it is not UTF-8");
    }
}

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
