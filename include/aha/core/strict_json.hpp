#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/mapped_file.hpp>
#include <aha/core/shown_name.hpp>

namespace aha::detail {

/// Which numbers JSON may hold.
enum class json_numbers {
    standard,   ///< RFC 8259's
    as_python,  ///< NaN, Infinity and -Infinity too, which Python's json writes and reads
};

/// JSON with Python's numbers made standard: a 0 of the same length stands for each NaN and infinity.
struct standard_numbers {
    std::string text{};
    std::map<std::size_t, double> values{};  ///< what the 0 stands for, by its place among the numbers of the text

    static standard_numbers of(std::string_view given) {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        constexpr std::pair<std::string_view, double> names[] = {
            {"NaN", std::numeric_limits<double>::quiet_NaN()}, {"Infinity", infinity}, {"-Infinity", -infinity}};
        standard_numbers made{.text = std::string{given}};
        std::size_t numbers = 0;
        const auto in_number = [](char c) {
            return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
        };
        for (std::size_t at = 0; at < given.size();) {
            if (given[at] == '"') {
                for (++at; at < given.size() && given[at] != '"'; ++at)
                    if (given[at] == '\\') ++at;
                ++at;
                continue;
            }
            const std::size_t begin = at;
            for (const auto& [name, value] : names)
                if (given.substr(begin).starts_with(name)) {
                    made.text.replace(begin, name.size(), "0" + std::string(name.size() - 1, ' '));
                    made.values.emplace(numbers++, value);
                    at += name.size();
                    break;
                }
            if (at > begin) continue;
            // What is glued to a number stays as it is, for the parser to refuse.
            if (given[at] == '-' || (given[at] >= '0' && given[at] <= '9')) {
                ++numbers;
                while (at < given.size() && (in_number(given[at]) || given[at] == 'N' || given[at] == 'I')) ++at;
            } else {
                ++at;
            }
        }
        return made;
    }
};

/// Parses JSON that may be hostile: a key given twice, more than 64 levels, or trailing text is an `aha::error` that
/// begins with `where` (a file, and a part of it if need be).
template <class Json = nlohmann::json>
Json parse_strict_json(std::string_view text, const std::string& where,
                       json_numbers accepted = json_numbers::standard) {
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    std::optional<standard_numbers> standard;
    if (accepted == json_numbers::as_python &&
        (text.find("NaN") != std::string_view::npos || text.find("Infinity") != std::string_view::npos)) {
        standard = standard_numbers::of(text);
        text = standard->text;
    }
    std::size_t numbers = 0;
    const auto check = [&](int depth, nlohmann::json::parse_event_t event, Json& value) {
        require(depth <= 64, where, ": JSON nested deeper than 64 levels");
        if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
        if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
        if (event == nlohmann::json::parse_event_t::key)
            require(keys.back().insert(value.template get<std::string>()).second, where, ": the key ",
                    shown_name(value.template get_ref<const std::string&>()), " is given twice");
        if (standard && event == nlohmann::json::parse_event_t::value && value.is_number())
            if (const auto found = standard->values.find(numbers++); found != standard->values.end())
                value = found->second;
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

}  // namespace aha::detail
