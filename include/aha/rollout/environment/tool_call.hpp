#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/json_parser.hpp>

namespace aha {

/// A call of a tool as a model wrote it.
struct tool_call {
    std::string name{};               ///< of the tool
    json arguments = json::object();  ///< what it is given
    std::string complaint{};          ///< why it cannot be read, for the model; empty: it can
};

namespace detail {

/// A call that `text` is: a JSON object with "name" and the arguments under `key`; without `key` it has none. Some
/// models write the arguments as a text that is JSON. More than 64 levels are not read, since a policy may write
/// anything.
inline tool_call read_call(std::string_view text, const std::string& key) {
    tool_call call;
    try {
        const json read = parse_json<json>(text, "the call", {.numbers = json_numbers::standard});
        if (!read.is_object()) return {.complaint = "the call is not a JSON object"};
        const auto name = read.find("name"), arguments = read.find(key);
        if (name == read.end() || !name->is_string()) return {.complaint = "the call has no \"name\""};
        call.name = name->get<std::string>();
        if (arguments != read.end())
            call.arguments = arguments->is_string()
                                 ? parse_json<json>(arguments->get_ref<const std::string&>(), "the " + key,
                                                    {.numbers = json_numbers::standard})
                                 : *arguments;
    } catch (const error& problem) {
        call.complaint = problem.what();
    }
    return call;
}

/// What was said without the thoughts before it; nothing where thoughts have no end.
inline std::string_view without_thoughts(std::string_view said) {
    constexpr std::string_view begin = "<think>", end = "</think>";
    if (const std::size_t at = said.rfind(end); at != std::string_view::npos) said.remove_prefix(at + end.size());
    return said.substr(0, said.find(begin));
}

}  // namespace detail
}  // namespace aha
