#pragma once

#include <string>

#include <aha/core/json.hpp>

namespace aha {

/// What an environment answers to a turn of the policy.
struct environment_answer {
    std::string text{};         ///< what the policy reads next
    bool over = false;          ///< the dialogue has ended: `text` is kept for reports and not read any more
    double reward = 0;          ///< what the policy's turn was worth; may come at the end alone
    std::string role = "user";  ///< who says it, where a chat template writes it: "user", "tool", ...
    json messages = nullptr;    ///< in the place of `text` and `role`, where a chat template writes them: several
                                ///< messages, a list of {"role", "content"}
};

}  // namespace aha
