#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/json_parser.hpp>

namespace aha {

/// A call of a tool, read from what a policy said.
struct tool_call {
    std::string name{};
    json arguments = json::object();
    std::string problem{};  ///< why it could not be read, for the model; empty: it could
};

namespace detail {

/// The call that a JSON text is.
/// @param key of the arguments: none is a call without any, and an object written as a text is read too
/// @param form how a call is written, for the model
inline tool_call read_tool_call(std::string_view text, const std::string& key, const std::string& form) {
    try {
        json read = parse_json<json>(text, "the call", {.numbers = json_numbers::standard});
        if (!read.is_object() || !read.contains("name") || !read["name"].is_string())
            return {.problem = "a call is written " + form};
        tool_call call{.name = read["name"].get<std::string>()};
        if (const auto given = read.find(key); given != read.end()) {
            if (given->is_string()) call.arguments = parse_json<json>(given->get<std::string>(), "the " + key);
            else if (!given->is_null()) call.arguments = std::move(*given);
        }
        return call;
    } catch (const error& problem) {
        return {.problem = std::string{problem.what()} + "; a call is written " + form};
    }
}

/// What was said without the thoughts before it; nothing where thoughts have no end.
inline std::string_view without_thoughts(std::string_view said) {
    constexpr std::string_view begin = "<think>", end = "</think>";
    if (const std::size_t at = said.rfind(end); at != std::string_view::npos) said.remove_prefix(at + end.size());
    return said.substr(0, said.find(begin));
}

}  // namespace detail

}  // namespace aha
