#pragma once

#include <string>
#include <utility>
#include <variant>

#include <aha/core/dialogue.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/data/row_fields.hpp>

// Any chat template fits, so that what reads prompts need not include ours: it is a tenth of a trainer's compile time.
namespace aha {

namespace detail {

/// What a model reads of `row[field]`: a text as it is, or messages as the template writes them, with the row's "tools"
/// and "chat_template_kwargs", up to where the assistant begins to speak.
/// @param chat an optional template
/// Throws `aha::error` that begins with `where`.
template <class OptionalChat>
prompt_text render_field(const OptionalChat& chat, const json& row, const std::string& field,
                         const std::string& where) {
    const row_fields fields{row, where, "a prompt"};
    const text_or_turns asked = fields.text_or_turns_at(field);
    if (const auto* text = std::get_if<std::string>(&asked)) return {*text};
    if (!chat) fields.wrong("\"", field, "\" is a list of messages, and the model has no chat template");
    std::string text;
    try {
        text = chat->render(row.at(field), {.variables = fields.template_variables()});
    } catch (const error& problem) {
        fields.wrong(problem.what());
    }
    if (text.empty()) fields.wrong("the chat template renders \"", field, "\" as an empty text");
    return {std::move(text), true};
}

}  // namespace detail

/// A prompt that is given as messages becomes a text: the source's chat template writes it, with the "tools" and
/// "chat_template_kwargs" of the prompt's fields. One that has a text or tokens stays as it is.
/// @param where how a message about it begins: "FILE:LINE: ", or nothing
/// Throws `aha::error` where there is no template, and for what the template refuses.
template <class Source>
prompt render_messages(const Source& source, prompt p, const std::string& where = "") {
    if (p.messages.is_null() || !p.text.empty() || !p.ids.empty()) return p;
    const std::string name = where.empty() ? "prompt " + std::to_string(p.index) + ": " : where;
    if constexpr (requires { source.chat->render(p.messages); }) {
        json row = p.fields.is_object() ? p.fields : json::object();
        row["messages"] = p.messages;
        try {
            prompt_text read = detail::render_field(source.chat, row, "messages", "");
            p.text = std::move(read.text);
            p.templated = read.templated;
        } catch (const error& problem) {
            fail(name, problem.what());
        }
        return p;
    } else {
        fail(name, "the prompt is a list of messages, and a bare model has no chat template to make a text of them");
    }
}

}  // namespace aha
