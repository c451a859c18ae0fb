#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aha/core/json.hpp>

namespace aha {

/// A call of a tool as a model wrote it.
struct tool_call {
    std::string name{};       ///< of the tool
    json arguments{};         ///< what it is given
    std::string complaint{};  ///< why it cannot be read; empty: it can
};

namespace detail {

/// A call that `text` is: a JSON object with "name" and the arguments under `key`.
inline tool_call read_call(std::string_view text, const char* key) {
    const json read = json::parse(text, nullptr, false);
    if (!read.is_object()) return {.complaint = "the call is not a JSON object"};
    const auto name = read.find("name"), arguments = read.find(key);
    if (name == read.end() || !name->is_string()) return {.complaint = "the call has no \"name\""};
    if (arguments == read.end())
        return {.name = name->get<std::string>(), .complaint = "the call has no \"" + std::string{key} + "\""};
    // Some models write the arguments as a text that is JSON.
    if (arguments->is_string())
        if (json inner = json::parse(arguments->get_ref<const std::string&>(), nullptr, false); inner.is_object())
            return {.name = name->get<std::string>(), .arguments = std::move(inner)};
    return {.name = name->get<std::string>(), .arguments = *arguments};
}

}  // namespace detail
}  // namespace aha
