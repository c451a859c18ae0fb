#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <aha/core/json.hpp>
#include <aha/core/message.hpp>

/// Rows of data sets before they are tokens. `as_pair`, `as_conversation` and `as_preference` make them of JSON.
namespace aha {

/// What was said: a text that is read as it is, or turns that a chat template renders.
using text_or_turns = std::variant<std::string, std::vector<message>>;

/// What to answer to a prompt. Both are texts, or both are turns.
struct text_pair {
    std::int64_t index = 0;                    ///< position in the data set, for messages
    text_or_turns prompt;                      ///< what the model reads
    text_or_turns completion;                  ///< what it is to say
    json template_variables = json::object();  ///< what a chat template is given besides: the row's "tools" and the
                                               ///< entries of its "chat_template_kwargs"
    bool operator==(const text_pair&) const = default;
};

/// A conversation whose assistant turns are to be learned.
struct conversation {
    std::int64_t index = 0;                    ///< position in the data set, for messages
    std::vector<message> messages;             ///< at least one of them the assistant's
    json template_variables = json::object();  ///< what a chat template is given besides: the row's "tools" and the
                                               ///< entries of its "chat_template_kwargs"
    bool operator==(const conversation&) const = default;
};

/// Two answers to a prompt, of which one was preferred. All are texts, or all are turns.
struct preference {
    std::int64_t index = 0;                    ///< position in the data set, for messages
    text_or_turns prompt;                      ///< what both answer
    text_or_turns chosen;                      ///< without the prompt
    text_or_turns rejected;                    ///< likewise; never the chosen one
    json template_variables = json::object();  ///< what a chat template is given besides: the row's "tools" and the
                                               ///< entries of its "chat_template_kwargs"
    bool operator==(const preference&) const = default;
};

}  // namespace aha
