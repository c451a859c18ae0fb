#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/json.hpp>
#include <aha/text/chat_template.hpp>

/// Where a rendered conversation holds what the assistant said, and whether it holds all of it.
namespace aha {

/// Which turns of the assistant are learned.
enum class learned_turns {
    all,  ///< each of them
    last  ///< the last one alone: what came before it is context
};

/// A conversation as text, with the turns that are learned.
struct learnable_chat {
    std::string text;                                        ///< what the model reads
    std::vector<std::pair<std::size_t, std::size_t>> turns;  ///< byte ranges [begin, end) of `text`, in order
    /// True: `{% generation %}` blocks wrote the ranges. False: they were found by rendering what comes before and up
    /// to each turn, and may go on behind the turn's end token.
    bool marked = false;
};

/// Renders a conversation to learn from. What the assistant said is what the template's `{% generation %}` blocks
/// write; of a template without any (as models are released) it is what rendering a turn adds to rendering the prompt
/// before it, with the generation prompt.
/// @param messages a JSON array of messages
/// @param variables what the template is given besides: tools, enable_thinking, ...
/// @param now what `strftime_now` shows, the same in every rendering; the local time if not given
/// Throws `aha::error` if the assistant says nothing, or if turns cannot be found because the template renders a
/// message differently once others follow it.
learnable_chat render_to_learn(const chat_template& chat, const json& messages, const json& variables = json::object(),
                               learned_turns which = learned_turns::all,
                               const std::optional<std::tm>& now = std::nullopt);

/// Whether a template reads what messages hold under "reasoning_content", "thinking" or "reasoning". One that does not
/// was made for models that do not think aloud.
bool reads_reasoning(const chat_template& chat);

/// Whether an assistant's message has reasoning beside its content.
bool has_reasoning(const json& messages);

/// What the assistant's messages say and the template does not write, as words for a message ("the \"content\" of
/// message 2, before </think>"); nothing if all of it is there. A template that drops thoughts would teach answers
/// without them. Reasoning beside the content counts if the template reads any. Each text is rendered once more with a
/// mark at its end, which must come out. Of a template that refuses the marks nothing is known.
std::optional<std::string> dropped_text(const chat_template& chat, const json& messages,
                                        const json& variables = json::object());

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/assistant_turns.ipp>
#endif
