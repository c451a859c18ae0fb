#pragma once

#include <string>

#include <aha/core/json.hpp>

namespace aha {

/// One turn of a conversation.
struct message {
    std::string role;        ///< "system", "user", "assistant", "tool", ...
    std::string content;     ///< its text; of a list of parts, the texts of the parts one after the other
    json as_read = nullptr;  ///< the whole message, where it is more than a role and a text (tool calls, reasoning, a
                             ///< name, parts): what a chat template is given
    bool operator==(const message&) const = default;
};

/// The message as a chat template is given it: as it was read, or its role and content.
inline json to_json(const message& m) {
    return m.as_read.is_null() ? json{{"role", m.role}, {"content", m.content}} : m.as_read;
}

}  // namespace aha
