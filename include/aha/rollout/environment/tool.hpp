#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>

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
        return {{"type", "function"},
                {"function",
                 {{"name", name},
                  {"description", description},
                  {"parameters", {{"type", "object"}, {"properties", properties}, {"required", needed}}}}}};
    }

    /// Why the arguments are not what the tool takes; empty if they are.
    std::string complaint(const json& arguments) const {
        if (!arguments.is_object()) return "the arguments of " + name + " must be an object";
        for (const tool_parameter& one : parameters) {
            const auto given = arguments.find(one.name);
            if (given == arguments.end()) {
                if (one.required) return name + " needs the argument \"" + one.name + "\"";
            } else if (!is_of_type(*given, one.type)) {
                return "the argument \"" + one.name + "\" of " + name + " must be of the type " + one.type;
            }
        }
        for (const auto& [given, value] : arguments.items())
            if (std::ranges::find(parameters, given, &tool_parameter::name) == parameters.end())
                return name + " has no parameter \"" + given + "\"";
        return {};
    }

private:
    static const std::vector<std::string_view>& types() {
        static const std::vector<std::string_view> all{"string", "number", "integer", "boolean", "array", "object"};
        return all;
    }

    static bool is_of_type(const json& value, std::string_view type) {
        if (type == "string") return value.is_string();
        if (type == "number") return value.is_number();
        if (type == "integer") return value.is_number_integer();
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
