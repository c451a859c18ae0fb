#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include <aha/data/row_fields.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/shown_name.hpp>

namespace aha::detail {

AHA_INLINE row_fields::row_fields(const json& row, const std::string& where, std::string_view shape)
    : row_{row},
      start_{(where.empty() ? "" : where + ": ") + (shape.empty() ? "" : "taken for " + std::string{shape} + ": ")} {
    if (!row_.is_object()) wrong("the row is not an object but ", row_.type_name());
}

AHA_INLINE const json& row_fields::at(const std::string& key) const {
    const auto found = row_.find(key);
    if (found != row_.end()) return *found;
    constexpr std::size_t most = 20;  // keys in a message
    std::string there;
    std::size_t keys = 0;
    for (auto one = row_.begin(); one != row_.end() && keys <= most; ++one, ++keys)
        there += (keys == 0 ? "" : ", ") + (keys < most ? shown_name(one.key()) : "...");
    wrong("no field \"", key, "\" in the row, which has ", there.empty() ? "none" : there);
}

AHA_INLINE text_or_turns row_fields::text_or_turns_at(const std::string& key) const {
    const json& value = at(key);
    if (value.is_array()) return turns(value, key);
    if (!value.is_string()) wrong("\"", key, "\" is neither a text nor a list of messages but ", value.type_name());
    if (value.get_ref<const std::string&>().empty()) wrong("\"", key, "\" is empty");
    return value.get<std::string>();
}

AHA_INLINE std::vector<message> row_fields::turns_at(const std::string& key) const {
    const json& value = at(key);
    if (!value.is_array()) wrong("\"", key, "\" is not a list of messages but ", value.type_name());
    return turns(value, key);
}

AHA_INLINE json row_fields::template_variables() const {
    json all = json::object();
    if (const auto kwargs = row_.find("chat_template_kwargs"); kwargs != row_.end() && !kwargs->is_null()) {
        if (!kwargs->is_object()) wrong("\"chat_template_kwargs\" is not an object but ", kwargs->type_name());
        all = *kwargs;
    }
    if (const auto tools = row_.find("tools"); tools != row_.end() && !tools->is_null()) {
        json list = *tools;
        if (tools->is_string() && !tools->get_ref<const std::string&>().empty())
            list = json::parse(tools->get<std::string>(), nullptr, false);
        else if (tools->is_string()) list = json::array();
        if (!list.is_array()) wrong("\"tools\" is not a list but ", list.is_discarded() ? "a text" : list.type_name());
        // Templates ask for tools by their presence; TRL hands an empty list on as none.
        if (!list.empty()) all["tools"] = std::move(list);
    }
    return all;
}

AHA_INLINE text_or_turns row_fields::answer_at(const std::string& key, const text_or_turns& prompt) const {
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

AHA_INLINE void row_fields::check_assistant(const std::vector<message>& said, const std::string& key) const {
    if (said.empty()) wrong("\"", key, "\" has no turn after the prompt");
    if (said.front().role != "assistant")
        wrong("\"", key, "\" answers with a turn of ", shown_name(said.front().role), ", not of \"assistant\"");
}

AHA_INLINE std::vector<message> row_fields::turns(const json& list, const std::string& key) const {
    if (list.empty()) wrong("\"", key, "\" is an empty list of messages");
    std::vector<message> all;
    for (const json& one : list) {
        const std::string name = "message " + std::to_string(all.size() + 1) + " of \"" + key + "\"";
        if (!one.is_object()) wrong(name, " is not an object but ", one.type_name());
        const auto role = one.find("role");
        if (role == one.end()) wrong(name, " has no \"role\"");
        if (!role->is_string()) wrong(name, " has a \"role\" that is not a text but ", role->type_name());
        message m{role->get<std::string>(), content_of(one, name)};
        if (m.role.empty()) wrong(name, " has an empty role");
        if (holds_more_than_text(one)) m.as_read = one;
        all.push_back(std::move(m));
    }
    return all;
}

AHA_INLINE std::string row_fields::content_of(const json& one, const std::string& name) const {
    const auto found = one.find("content");
    if (found == one.end()) {
        for (const auto& [key, value] : one.items())
            if (key != "role" && !value.is_null()) return {};
        wrong(name, " has no \"content\"");
    }
    if (found->is_null()) return {};
    if (found->is_string()) return found->get<std::string>();
    if (!found->is_array())
        wrong(name, " has a \"content\" that is neither a text nor a list of parts but ", found->type_name());
    std::string text;
    for (const json& part : *found) {
        if (part.is_string()) text += part.get<std::string>();
        else if (!part.is_object())
            wrong(name, " has a part of its \"content\" that is neither a text nor an object but ", part.type_name());
        else if (const auto own = part.find("text"); own != part.end() && own->is_string())
            text += own->get<std::string>();
    }
    return text;
}

AHA_INLINE bool row_fields::holds_more_than_text(const json& one) {
    for (const auto& [key, value] : one.items())
        if (key == "content" ? !value.is_string() : key != "role" && !value.is_null()) return true;
    return !one.contains("content");
}

}  // namespace aha::detail
