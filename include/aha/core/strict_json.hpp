#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/mapped_file.hpp>
#include <aha/core/shown_name.hpp>

namespace aha::detail {

/// Parses JSON that may be hostile: a key given twice, more than 64 levels, or trailing text is an `aha::error` that
/// begins with `where` (a file, and a part of it if need be).
template <class Json = nlohmann::json>
Json parse_strict_json(std::string_view text, const std::string& where) {
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    const auto check = [&](int depth, nlohmann::json::parse_event_t event, Json& value) {
        require(depth <= 64, where, ": JSON nested deeper than 64 levels");
        if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
        if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
        if (event == nlohmann::json::parse_event_t::key)
            require(keys.back().insert(value.template get<std::string>()).second, where, ": the key ",
                    shown_name(value.template get_ref<const std::string&>()), " is given twice");
        return true;
    };
    try {
        return Json::parse(text, check);
    } catch (const nlohmann::json::parse_error& wrong) {
        fail(where, ": not valid JSON at byte ", wrong.byte);
    } catch (const nlohmann::json::exception& wrong) {
        fail(where, ": not valid JSON: ", wrong.what());
    }
}

/// The JSON object in a file.
inline nlohmann::json read_json_object(const std::filesystem::path& path) {
    const mapped_file file{path};
    const std::string_view text{reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    nlohmann::json value = parse_strict_json(text, path.string());
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

}  // namespace aha::detail
