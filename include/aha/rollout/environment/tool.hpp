#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

/// What a tool is given by name.
struct tool_parameter {
    std::string name;         ///< as a call names it
    std::string type;         ///< JSON's: "string", "number", "integer", "boolean", "array", "object"
    std::string description;  ///< what the model is told of it
    bool required = true;     ///< a call without it is an error
};

/// A C++ function that a model may call, declared once: what the model is told of it, and what is done.
struct tool {
    std::string name;                                        ///< as a call names it
    std::string description;                                 ///< what the model is told it does
    std::vector<tool_parameter> parameters;                  ///< in the order in which the model is told of them
    std::function<std::string(const json& arguments)> call;  ///< what it answers; what it throws is told to the model

    /// Throws `aha::error` naming what is missing or unknown.
    void validate() const {
        require(!name.empty(), "a tool has no name");
        require(call != nullptr, "the tool \"", name, "\" has no function to call");
        for (const tool_parameter& one : parameters) {
            require(!one.name.empty(), "a parameter of the tool \"", name, "\" has no name");
            require(std::ranges::count(parameters, one.name, &tool_parameter::name) == 1, "the tool \"", name,
                    "\" has two parameters \"", one.name, "\"");
            require(std::ranges::find(types(), one.type) != types().end(), "the parameter \"", one.name,
                    "\" of the tool \"", name, "\" has the type \"", one.type, "\", which JSON does not have");
        }
    }

    /// The tool as chat templates read it, a JSON schema.
    json schema() const {
        json properties = json::object(), needed = json::array();
        for (const tool_parameter& one : parameters) {
            properties[one.name] = {{"type", one.type}, {"description", one.description}};
            if (one.required) needed.push_back(one.name);
        }
        json taken{{"type", "object"}, {"properties", std::move(properties)}};
        if (!needed.empty()) taken["required"] = std::move(needed);  // an empty list is none, as in transformers
        return {{"type", "function"},
                {"function", {{"name", name}, {"description", description}, {"parameters", std::move(taken)}}}};
    }

    /// Why the arguments are not what the tool takes, for the model; empty if they are. An argument that need not be
    /// there may be null.
    std::string complaint(const json& arguments) const {
        if (!arguments.is_object()) return "the arguments of " + name + " must be an object, not " + shown(arguments);
        for (const tool_parameter& one : parameters) {
            const auto given = arguments.find(one.name);
            if (given == arguments.end() || (given->is_null() && !one.required)) {
                if (one.required) return name + " needs the argument \"" + one.name + "\" (" + one.type + ")";
            } else if (!is_of_type(*given, one.type)) {
                return "the argument \"" + one.name + "\" of " + name + " must be of the type " + one.type + ", not " +
                       shown(*given);
            }
        }
        for (auto given = arguments.begin(); given != arguments.end(); ++given)
            if (std::ranges::find(parameters, given.key(), &tool_parameter::name) == parameters.end())
                return name + " has no parameter " + shown(given.key());
        return {};
    }

private:
    static const std::vector<std::string_view>& types() {
        static const std::vector<std::string_view> all{"string", "number", "integer", "boolean", "array", "object"};
        return all;
    }

    static std::string shown(const json& value) {
        const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
        return text.size() <= 60 ? text : utf8::replace_invalid(text.substr(0, 60)) + "...";
    }

    static bool is_of_type(const json& value, std::string_view type) {
        if (type == "string") return value.is_string();
        if (type == "number") return value.is_number();
        if (type == "integer")  // 2.0 is one in a JSON schema
            return value.is_number_integer() ||
                   (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
        if (type == "boolean") return value.is_boolean();
        return type == "array" ? value.is_array() : value.is_object();
    }
};

/// The tools as a chat template reads them: what goes into a prompt's field "tools".
inline json tool_schemas(const std::vector<tool>& tools) {
    json all = json::array();
    for (const tool& one : tools) all.push_back(one.schema());
    return all;
}

}  // namespace aha
