#pragma once

#include <optional>
#include <string>
#include <utility>

#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/data/data_row.hpp>
#include <aha/data/render_messages.hpp>
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
    prompt_text operator()(const json& row) const { return detail::render_field(chat_, row, field_, ""); }

    /// The row's prompt, without tokens. Throws `aha::error` that begins with the row's FILE:LINE.
    prompt operator()(const data_row& row) const {
        prompt made;
        made.index = row.index;
        prompt_text read = detail::render_field(chat_, row.fields, field_, row.where);
        made.text = std::move(read.text);
        made.templated = read.templated;
        made.fields = row.fields;
        return made;
    }

private:
    std::optional<chat_template> chat_;
    std::string field_;
};

}  // namespace aha
