#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/train/pretrained.hpp>

namespace example {

/// What the model reads of a row's "prompt": the text, or the messages through the model's chat template.
template <class Source>
std::string prompt_text(const Source& source, const aha::json& value, const std::string& where) {
    if (value.is_string()) return value.get<std::string>();
    aha::require(value.is_array() && !value.empty(), where, ": \"prompt\" is neither a text nor a list of messages");
    aha::require(source.chat.has_value(), where,
                 ": \"prompt\" is a list of messages, and the model has no chat template");
    for (const aha::json& m : value)
        aha::require(m.is_object() && m.contains("role") && m["role"].is_string(), where, ": ", m.dump(),
                     " is no message");
    try {
        return source.chat->render(value);
    } catch (const aha::error& problem) {
        aha::fail(where, ": ", problem.what());
    }
}

/// The prompts of a file of JSON lines, as tokens; `prompt::index` counts rows from 0. Throws `aha::error` with file
/// and line for one that the model cannot read, and for a file without any.
template <class Source>
std::vector<aha::prompt> read_prompts(const Source& source, const std::string& file) {
    aha::jsonl_reader lines{file};
    std::vector<aha::prompt> prompts;
    while (auto row = lines.next()) {
        aha::require(row->fields.contains("prompt"), lines.where(), ": no field \"prompt\"");
        aha::prompt p;
        p.index = static_cast<std::int64_t>(prompts.size());
        p.text = prompt_text(source, row->fields["prompt"], lines.where());
        aha::require(!p.text.empty(), lines.where(), ": the prompt is empty");
        p.fields = std::move(row->fields);
        p.ids = aha::tokens_of(source, p);
        aha::require(static_cast<std::int64_t>(p.ids.size()) < source.model.context(), lines.where(),
                     ": the prompt has ", p.ids.size(), " tokens, which leaves no room in the model's context of ",
                     source.model.context());
        prompts.push_back(std::move(p));
    }
    aha::require(!prompts.empty(), file, " holds no prompts");
    return prompts;
}

}  // namespace example
