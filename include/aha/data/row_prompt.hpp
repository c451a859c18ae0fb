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

}  // namespace aha
