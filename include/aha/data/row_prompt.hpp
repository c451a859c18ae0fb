#pragma once

#include <optional>
#include <string>
#include <utility>

#include <aha/data/data_row.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/data/row_fields.hpp>
#include <aha/text/chat_template.hpp>

namespace aha {

/// What a model reads of a data row: a text as it is, or messages as a chat template writes them, with the row's
/// "tools" and "chat_template_kwargs", up to where the assistant begins to speak. It is the `render` of
/// `jsonl_prompts`:
///
///     auto prompts = aha::jsonl_prompts{"tasks.jsonl", {.render = aha::prompt_renderer{model.chat}}};
class prompt_renderer {
public:
    /// @param chat the template of messages; without one they are an error
    /// @param field the row's text or messages
    explicit prompt_renderer(std::optional<chat_template> chat, std::string field = "prompt")
        : chat_{std::move(chat)}, field_{std::move(field)} {}

    /// Throws `aha::error` for a row without the field, with an empty one, and for what the template refuses.
    prompt_text operator()(const json& row) const { return of(row, ""); }

    /// The row's prompt, without tokens. Throws `aha::error` that begins with the row's FILE:LINE.
    prompt operator()(const data_row& row) const {
        prompt made;
        made.index = row.index;
        prompt_text read = of(row.fields, row.where);
        made.text = std::move(read.text);
        made.templated = read.templated;
        made.fields = row.fields;
        return made;
    }

private:
    prompt_text of(const json& row, const std::string& where) const {
        const detail::row_fields fields{row, where, "a prompt"};
        const text_or_turns asked = fields.text_or_turns_at(field_);
        if (const auto* text = std::get_if<std::string>(&asked)) return {*text};
        if (!chat_) fields.wrong("\"", field_, "\" is a list of messages, and the model has no chat template");
        std::string text;
        try {
            text = chat_->render(row.at(field_), {.variables = fields.template_variables()});
        } catch (const error& problem) {
            fields.wrong(problem.what());
        }
        if (text.empty()) fields.wrong("the chat template renders \"", field_, "\" as an empty text");
        return {std::move(text), true};
    }

    std::optional<chat_template> chat_;
    std::string field_;
};

/// A prompt that is given as messages becomes a text: the source's chat template writes it, with the "tools" and
/// "chat_template_kwargs" of the prompt's fields. One that has a text or tokens stays as it is.
/// @param where how a message about it begins: "FILE:LINE: ", or nothing
/// Throws `aha::error` where there is no template, and for what the template refuses.
template <class Source>
prompt render_messages(const Source& source, prompt p, const std::string& where = "") {
    if (p.messages.is_null() || !p.text.empty() || !p.ids.empty()) return p;
    const std::string name = where.empty() ? "prompt " + std::to_string(p.index) + ": " : where;
    if constexpr (requires { prompt_renderer{source.chat}; }) {
        json row = p.fields.is_object() ? p.fields : json::object();
        row["messages"] = p.messages;
        try {
            prompt_text read = prompt_renderer{source.chat, "messages"}(row);
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
