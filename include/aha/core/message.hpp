#pragma once

#include <string>

namespace aha {

/// One turn of a conversation.
struct message {
    std::string role;     ///< "system", "user", "assistant", ...
    std::string content;  ///< plain text
    bool operator==(const message&) const = default;
};

}  // namespace aha
