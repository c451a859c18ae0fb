#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

/// What a tool is called with, as a JSON schema says it.
struct tool_parameter {
    std::string name;
    std::string type;           ///< "string", "number", "integer", "boolean", "array" or "object"
    std::string description{};  ///< for the model
    bool required = true;       ///< false: a call may leave it out
};

/// A C++ function that a policy may call: one declaration for the model, which reads it as a JSON schema, and for the
/// dispatch, which checks a call's arguments by it.
struct tool {
    std::string name;
    std::string description;                 ///< for the model
    std::vector<tool_parameter> parameters;  ///< in the order in which the model reads them
    /// Called with an object of arguments that fit `parameters`, from several threads at once; gives what the model
    /// reads. What it throws is told the model.
    std::function<std::string(const json& arguments)> call;

    /// Throws `aha::error` for a tool or a parameter without a name, a type that JSON schema does not have, a parameter
    /// that is there twice, or a tool that cannot be called.
    void validate() const {
        static constexpr std::array<std::string_view, 6> types{"string",  "number", "integer",
                                                               "boolean", "array",  "object"};
        require(!name.empty(), "a tool has no name");
        require(call != nullptr, "the tool ", name, " has no function to call");
        std::set<std::string> names;
        for (const tool_parameter& one : parameters) {
            require(!one.name.empty(), "the tool ", name, " has a parameter without a name");
            require(names.insert(one.name).second, "the tool ", name, " has the parameter ", one.name, " twice");
            require(std::ranges::count(types, one.type) == 1, "the parameter ", one.name, " of the tool ", name,
                    " has the type \"", one.type, "\", which is not string, number, integer, boolean, array or object");
        }
    }
};

/// A tool as chat templates show it to a model.
inline json tool_json(const tool& of) {
    json properties = json::object(), required = json::array();
    for (const tool_parameter& one : of.parameters) {
        properties[one.name] = {{"type", one.type}};
        if (!one.description.empty()) properties[one.name]["description"] = one.description;
        if (one.required) required.push_back(one.name);
    }
    json schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"type", "function"},
            {"function", {{"name", of.name}, {"description", of.description}, {"parameters", std::move(schema)}}}};
}

/// The list that chat templates read as "tools": what goes into `prompt::fields["tools"]`.
inline json tools_json(std::span<const tool> tools) {
    json list = json::array();
    for (const tool& one : tools) list.push_back(tool_json(one));
    return list;
}

namespace detail {

inline bool has_type(const json& value, std::string_view type) {
    if (type == "string") return value.is_string();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    // JSON schema: a number without a fraction is an integer, however it is written.
    return value.is_number_integer() || (value.is_number_float() && std::floor(value.get<double>()) == value);
}

/// What is wrong with the arguments of a call; empty if nothing is.
inline std::string argument_problem(const tool& called, const json& arguments) {
    const auto shown = [](const json& value) {
        const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
        return text.size() <= 60 ? text : utf8::replace_invalid(text.substr(0, 60)) + "...";
    };
    if (!arguments.is_object()) return called.name + ": the arguments must be an object, not " + shown(arguments);
    for (const tool_parameter& one : called.parameters) {
        const auto found = arguments.find(one.name);
        if (found == arguments.end() || (!one.required && found->is_null())) {
            if (one.required) return called.name + " needs the argument \"" + one.name + "\" (" + one.type + ")";
        } else if (!has_type(*found, one.type)) {
            return called.name + ": the argument \"" + one.name + "\" must be of the type " + one.type + ", not " +
                   shown(*found);
        }
    }
    for (auto one = arguments.begin(); one != arguments.end(); ++one)
        if (std::ranges::find(called.parameters, one.key(), &tool_parameter::name) == called.parameters.end())
            return called.name + " has no argument " + json(one.key()).dump();
    return {};
}

}  // namespace detail

}  // namespace aha
