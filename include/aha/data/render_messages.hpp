#pragma once

#include <string>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/data/row_prompt.hpp>

namespace aha {

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
