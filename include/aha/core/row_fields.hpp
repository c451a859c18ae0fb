#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/dialogue.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/core/shown_name.hpp>

namespace aha::detail {

/// A JSON row that is taken for a shape. Every error is an `aha::error` that begins "FILE:LINE: taken for SHAPE: ".
class row_fields {
public:
    row_fields(const json& row, const std::string& where, std::string_view shape)
        : row_{row}, start_{where + ": taken for " + std::string{shape} + ": "} {
        if (!row_.is_object()) wrong("the row is not an object but ", row_.type_name());
    }

    template <class... Parts>
    [[noreturn]] void wrong(const Parts&... parts) const {
        fail(start_, parts...);
    }

    bool has(const std::string& key) const { return row_.contains(key); }

    const json& at(const std::string& key) const {
        const auto found = row_.find(key);
        if (found != row_.end()) return *found;
        std::string there;
        for (const auto& [name, value] : row_.items()) there += (there.empty() ? "" : ", ") + shown_name(name);
        wrong("no field \"", key, "\" in the row, which has ", there.empty() ? "none" : there);
    }

    /// A text or a list of messages, not empty.
    text_or_turns text_or_turns_at(const std::string& key) const {
        const json& value = at(key);
        if (value.is_array()) return turns(value, key);
        if (!value.is_string()) wrong("\"", key, "\" is neither a text nor a list of messages but ", value.type_name());
        if (value.get_ref<const std::string&>().empty()) wrong("\"", key, "\" is empty");
        return value.get<std::string>();
    }

    std::vector<message> turns_at(const std::string& key) const {
        const json& value = at(key);
        if (!value.is_array()) wrong("\"", key, "\" is not a list of messages but ", value.type_name());
        return turns(value, key);
    }

    /// What answers `prompt`, in its form: a text that answers turns is the assistant's turn, but turns cannot answer a
    /// text, and begin with the assistant's.
    text_or_turns answer_at(const std::string& key, const text_or_turns& prompt) const {
        text_or_turns said = text_or_turns_at(key);
        const bool to_turns = std::holds_alternative<std::vector<message>>(prompt);
        if (const auto* text = std::get_if<std::string>(&said)) {
            if (to_turns) said = std::vector<message>{{"assistant", *text}};
            return said;
        }
        if (!to_turns) wrong("\"", key, "\" is a list of messages, but the prompt is a text");
        check_assistant(std::get<std::vector<message>>(said), key);
        return said;
    }

    /// An answer begins where the assistant speaks.
    void check_assistant(const std::vector<message>& said, const std::string& key) const {
        if (said.empty()) wrong("\"", key, "\" has no turn after the prompt");
        if (said.front().role != "assistant")
            wrong("\"", key, "\" answers with a turn of ", shown_name(said.front().role), ", not of \"assistant\"");
    }

private:
    std::vector<message> turns(const json& list, const std::string& key) const {
        if (list.empty()) wrong("\"", key, "\" is an empty list of messages");
        std::vector<message> all;
        for (const json& one : list) {
            const std::string name = "message " + std::to_string(all.size() + 1) + " of \"" + key + "\"";
            if (!one.is_object()) wrong(name, " is not an object but ", one.type_name());
            message m{text_of(one, "role", name), text_of(one, "content", name)};
            if (m.role.empty()) wrong(name, " has an empty role");
            // An empty system message is common: it says that there are no instructions.
            if (m.content.empty() && m.role != "system") wrong(name, " has an empty content");
            for (const auto& [other, value] : one.items())
                if (other != "role" && other != "content" && !value.is_null())
                    wrong(name, " has a ", shown_name(other),
                          ", which would be lost: only \"role\" and \"content\" are kept");
            all.push_back(std::move(m));
        }
        return all;
    }

    std::string text_of(const json& one, const char* key, const std::string& name) const {
        const auto found = one.find(key);
        if (found == one.end()) wrong(name, " has no \"", key, "\"");
        if (!found->is_string()) wrong(name, " has a \"", key, "\" that is not a text but ", found->type_name());
        return found->get<std::string>();
    }

    const json& row_;
    std::string start_;
};

}  // namespace aha::detail
