#pragma once

#include <algorithm>
#include <string_view>

#include <aha/text/assistant_turns.hpp>
#include <aha/core/error.hpp>
#include <aha/text/jinja/globals.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

inline bool is_assistant(const json& message) {
    const auto role = message.find("role");
    return role != message.end() && *role == "assistant";
}

inline json first_messages(const json& messages, std::size_t count) {
    json some = json::array();
    for (std::size_t i = 0; i < count; ++i) some.push_back(messages[i]);
    return some;
}

/// The end of `text` as a message shows it.
inline std::string shown_end(std::string_view text) {
    constexpr std::size_t most = 40;
    std::size_t from = text.size() > most ? text.size() - most : 0;
    while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
    return json(std::string{text.substr(from)}).dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The byte range of the turn `messages[at]` in `text`, the whole conversation rendered. The range begins where the
/// prompt before the turn ends. Throws `aha::error` if the template does not preserve prefixes.
inline std::pair<std::size_t, std::size_t> turn_by_prefixes(const chat_template& chat, const json& messages,
                                                            std::size_t at, const json& variables, const std::tm& now,
                                                            const std::string& text) {
    const std::string name = "message " + std::to_string(at + 1);
    const auto wrong = [&](const std::string& before, const char* what) {
        const auto differ = std::mismatch(before.begin(), before.end(), text.begin(), text.end()).first;
        const auto from = static_cast<std::size_t>(differ - before.begin());
        fail("the chat template has no {% generation %} block, and it does not preserve prefixes: ", what, " ", name,
             " is rendered differently inside the whole conversation, from ",
             shown_end(std::string_view{before}.substr(from).substr(0, 40)), " on, after ",
             shown_end(std::string_view{before}.substr(0, from)),
             "; give a template with marks, or rows of which only the last turn is learned");
    };
    const std::string before =
        chat.render(first_messages(messages, at), {.add_generation_prompt = true, .variables = variables, .now = now});
    if (!text.starts_with(before)) wrong(before, "the prompt that asks for");
    if (at + 1 == messages.size()) return {before.size(), text.size()};
    const std::string after = chat.render(first_messages(messages, at + 1),
                                          {.add_generation_prompt = false, .variables = variables, .now = now});
    if (!text.starts_with(after)) wrong(after, "the conversation up to");
    require(after.size() >= before.size(), "the chat template renders the conversation up to ", name,
            " as a shorter text than the prompt that asks for it");
    return {before.size(), after.size()};
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE learnable_chat render_to_learn(const chat_template& chat, const json& messages, const json& variables,
                                          learned_turns which, const std::optional<std::tm>& now) {
    const std::tm moment = now ? *now : detail::jinja::local_time();  // midnight must not come between two renderings
    rendered_chat whole =
        chat.render_with_spans(messages, {.add_generation_prompt = false, .variables = variables, .now = moment});
    learnable_chat made{std::move(whole.text), std::move(whole.assistant_spans), true};
    if (made.turns.empty()) {
        made.marked = false;
        for (std::size_t at = messages.size(); at-- > 0;) {
            if (!detail::is_assistant(messages[at])) continue;
            made.turns.push_back(detail::turn_by_prefixes(chat, messages, at, variables, moment, made.text));
            if (which == learned_turns::last) break;
        }
        std::ranges::reverse(made.turns);
    }
    require(!made.turns.empty(), "the conversation has no turn of the assistant, so there is nothing to learn");
    if (which == learned_turns::last) made.turns.erase(made.turns.begin(), made.turns.end() - 1);
    return made;
}

AHA_INLINE bool reads_reasoning(const chat_template& chat) {
    for (const char* key : {"reasoning", "thinking"})
        if (chat.source().find(key) != std::string::npos) return true;
    return false;
}

AHA_INLINE bool has_reasoning(const json& messages) {
    for (const json& message : messages)
        for (const char* key : {"reasoning_content", "thinking", "reasoning"})
            if (detail::is_assistant(message) && message.contains(key) && message[key].is_string() &&
                message[key].get_ref<const std::string&>().find_first_not_of(" \t\r\n") != std::string::npos)
                return true;
    return false;
}

}  // namespace aha

namespace aha::detail {

/// Puts a mark of its own behind each text that an assistant's message has to say, and names the texts.
class text_marker {
public:
    /// @param chat the template; reasoning beside the content is marked if it reads that at all
    explicit text_marker(const chat_template& chat) : reads_reasoning_{reads_reasoning(chat)} {}

    /// The messages with marks. What stands before, between and behind thinking tags is marked apart, for templates
    /// cut there.
    json operator()(json messages) {
        for (std::size_t at = 0; at < messages.size(); ++at) {
            if (!is_assistant(messages[at])) continue;
            json& message = messages[at];
            const std::string of = " of message " + std::to_string(at + 1);
            for (const char* key : {"content", "reasoning_content", "thinking", "reasoning"}) {
                const auto said = message.find(key);
                if (said == message.end() || (key != std::string_view{"content"} && !reads_reasoning_)) continue;
                if (said->is_string()) mark_thoughts(*said, "\"" + std::string{key} + "\"" + of);
                else if (said->is_array())
                    for (json& part : *said)
                        if (part.is_object() && part.contains("text") && part["text"].is_string())
                            mark_thoughts(part["text"], "a part of the \"" + std::string{key} + "\"" + of);
            }
            const auto calls = message.find("tool_calls");
            if (calls == message.end() || !calls->is_array()) continue;
            for (json& call : *calls) {
                if (!call.is_object()) continue;
                json& function = call.contains("function") ? call["function"] : call;
                if (!function.is_object()) continue;
                if (function.contains("name")) mark(function["name"], "the name of a tool call" + of);
                if (function.contains("arguments"))
                    mark_leaves(function["arguments"], "an argument of a tool call" + of);
            }
        }
        return messages;
    }

    /// The name of the first text whose mark is not in `rendered`.
    std::optional<std::string> missing_in(std::string_view rendered) const {
        for (const auto& [mark, name] : marks_)
            if (rendered.find(mark) == std::string_view::npos) return name;
        return std::nullopt;
    }

private:
    void mark_leaves(json& value, const std::string& name) {
        if (value.is_string()) mark(value, name);
        else if (value.is_structured())
            for (json& inner : value) mark_leaves(inner, name);
    }

    void mark(json& value, const std::string& name) {
        if (!value.is_string()) return;
        value = marked(value.get<std::string>(), name);
    }

    void mark_thoughts(json& value, const std::string& name) {
        constexpr std::string_view open = "<think>", close = "</think>";
        const std::string text = value.get<std::string>();
        std::string result;
        for (std::size_t from = 0; from < text.size();) {
            const std::size_t opened = text.find(open, from), closed = text.find(close, from);
            const std::size_t end = std::min({opened, closed, text.size()});
            const std::string_view where = closed == end && closed != opened ? ", before </think>" : "";
            result += marked(text.substr(from, end - from), name + std::string{where});
            from = end;
            if (end == opened) result += open, from += open.size();
            else if (end == closed) result += close, from += close.size();
        }
        value = result;
    }

    /// `text` with a new mark behind its last character that is no white space, if it has one.
    std::string marked(std::string text, const std::string& name) {
        const std::size_t last = text.find_last_not_of(" \t\r\n");
        if (last == std::string::npos) return text;
        std::string mark = "\xEE\x80\x80";  // U+E000, which is for private use
        mark += std::to_string(marks_.size()) + mark;
        text.insert(last + 1, mark);
        marks_.emplace_back(std::move(mark), name);
        return text;
    }

    bool reads_reasoning_;
    std::vector<std::pair<std::string, std::string>> marks_;
};

}  // namespace aha::detail

namespace aha {

AHA_INLINE std::optional<std::string> dropped_text(const chat_template& chat, const json& messages,
                                                   const json& variables) {
    detail::text_marker mark{chat};
    const json marked = mark(messages);
    std::string rendered;
    try {
        rendered = chat.render(marked, {.add_generation_prompt = false, .variables = variables});
    } catch (const error&) {
        return std::nullopt;
    }
    return mark.missing_in(rendered);
}

}  // namespace aha
