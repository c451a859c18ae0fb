#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <aha/data/data_row.hpp>
#include <aha/core/dialogue.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/data/row_fields.hpp>
#include <aha/data/row_shapes.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/data/chat_example.hpp>
#include <aha/data/completion_example.hpp>
#include <aha/core/preference_pair.hpp>

namespace aha {

/// How a row becomes an example.
struct row_example_options {
    learned_turns turns = learned_turns::all;  ///< of a conversation under "messages": which turns are learned
    bool allow_dropped_text = false;           ///< as `chat_example_options::allow_dropped_text`
};

namespace detail {

/// What a prompt of turns and the turns that answer it become in a template: the answer is what follows the rendered
/// prompt, so the template must render the prompt the same with and without an answer.
template <class Source>
supervised_example turns_example(const Source& source, const chat_template& chat, const text_pair& pair,
                                 const row_example_options& options) {
    json messages = json::array();
    for (const message& m : std::get<std::vector<message>>(pair.prompt)) messages.push_back(to_json(m));
    const std::string prompt = chat.render(messages, {.variables = pair.template_variables});
    for (const message& m : std::get<std::vector<message>>(pair.completion)) messages.push_back(to_json(m));
    const chat_options answered{.add_generation_prompt = false, .variables = pair.template_variables};
    const std::string whole = chat.render(messages, answered);
    require(whole.starts_with(prompt),
            "the chat template renders the prompt differently once it is answered, so what "
            "is to be learned cannot be told from it");
    if (!options.allow_dropped_text) require_whole_text(chat, messages, pair.template_variables);
    supervised_example example;
    example.index = pair.index;
    example.ids = source.tokenizer.encode(prompt);
    example.loss_mask.assign(example.ids.size(), 0);
    const std::vector<token_id> answer = source.tokenizer.encode(whole.substr(prompt.size()));
    example.ids.insert(example.ids.end(), answer.begin(), answer.end());
    example.loss_mask.resize(example.ids.size(), 1);
    require(std::ranges::any_of(answer, [&](token_id id) { return is_end(source.tokenizer, id); }),
            "the chat template puts no end token after an answer, so the model would never learn to stop");
    return example;
}

/// Whether a row tells how its completion, a text, ended or of which tokens its prompt is, as `examples_file` writes
/// it.
inline bool is_sampled(const json& row) {
    if (row.contains("prompt_ids") && !row.contains("prompt")) return true;
    const auto text = [&](const char* key) { return row.contains(key) && row[key].is_string(); };
    return text("finish_reason") && text("prompt") && text("completion");
}

/// What a sampled completion teaches.
template <class Source>
supervised_example sampled_example(const Source& source, const data_row& row) {
    const row_fields fields{row.fields, row.where,
                            "a sampled completion (\"prompt\" or \"prompt_ids\", \"completion\")"};
    prompt asked;
    asked.index = row.index;
    if (fields.has("prompt")) {
        asked.text = std::get<std::string>(fields.text_or_turns_at("prompt"));
        asked.templated = fields.has("templated") && fields.at("templated") == true;
    } else {
        const json& ids = fields.at("prompt_ids");
        if (!ids.is_array() || ids.empty()) fields.wrong("\"prompt_ids\" is not a list of tokens");
        const auto vocabulary = static_cast<token_id>(source.tokenizer.vocabulary_size());
        for (const json& id : ids) {
            if (!id.is_number_integer() || id < 0 || id >= vocabulary)
                fields.wrong("\"prompt_ids\" holds ", id.dump(), ", which is none of the tokenizer's ", vocabulary,
                             " tokens");
            asked.ids.push_back(id.get<token_id>());
        }
    }
    const json& said = fields.at("completion");
    if (!said.is_string()) fields.wrong("\"completion\" is not a text but ", said.type_name());
    const auto ended = [&](finish_reason how) {
        return fields.has("finish_reason") && fields.at("finish_reason") == to_string(how);
    };
    if (said.get_ref<const std::string&>().empty() && !ended(finish_reason::end_token))
        fields.wrong("\"completion\" is empty");
    return completion_example(source, asked, said.get<std::string>(),
                              ended(finish_reason::length) ? finish_reason::length : finish_reason::end_token);
}

}  // namespace detail

/// What a row of a data set teaches: the completion of a pair, by text or by turns, or what the assistant says in a
/// conversation. The row's "tools" and "chat_template_kwargs" go to the template, which is given messages as they were
/// read. A completion that was sampled ("finish_reason": "length", "stop", ...) is learned without an end token if it
/// was cut ("length"); its prompt may be given as "prompt_ids", and be "templated", as `examples_file` writes it.
/// @param source a `pretrained` model
/// @param chat the template of conversations, where it is not the source's own
/// Throws `aha::error` that begins with the row's FILE:LINE for a row of another shape or one that cannot be learned.
template <class Source>
supervised_example row_example(const Source& source, const data_row& row,
                               const std::optional<chat_template>& chat = std::nullopt,
                               const row_example_options& options = {}) {
    const std::optional<row_shape> shape = shape_of(row.fields);
    require(shape == row_shape::pair || shape == row_shape::conversation, row.where,
            ": nothing to learn in this row: it needs \"prompt\" and \"completion\", or \"messages\"");
    const auto& spoken = chat ? chat : source.chat;
    try {
        if (shape == row_shape::conversation) {
            const conversation said = as_conversation(row);
            require(spoken.has_value(), "the row is a conversation, and the model has no chat template");
            return chat_example(source, *spoken, row.fields.at("messages"),
                                {.index = row.index,
                                 .variables = said.template_variables,
                                 .turns = options.turns,
                                 .allow_dropped_text = options.allow_dropped_text});
        }
        if (detail::is_sampled(row.fields)) return detail::sampled_example(source, row);
        const text_pair pair = as_pair(row);
        if (const auto* text = std::get_if<std::string>(&pair.prompt))
            return completion_example(source, *text, std::get<std::string>(pair.completion), row.index);
        require(spoken.has_value(), "the row is a conversation, and the model has no chat template");
        return detail::turns_example(source, *spoken, pair, options);
    } catch (const error& problem) {
        const std::string said = problem.what();
        fail(said.starts_with(row.where) ? "" : row.where + ": ", said);
    }
}

/// Both sides of a preference as tokens: "prompt" with "chosen" and with "rejected", texts or turns, each as
/// `row_example` makes an example of a pair.
/// @param source a `pretrained` model
/// @param chat the template of conversations, where it is not the source's own
/// Throws `aha::error` that begins with the row's FILE:LINE for a row of another shape, for equal sides, and for one
/// that cannot be tokens.
template <class Source>
preference_pair preference_example(const Source& source, const data_row& row,
                                   const std::optional<chat_template>& chat = std::nullopt,
                                   const row_example_options& options = {}) {
    const preference judged = as_preference(row);
    const auto& spoken = chat ? chat : source.chat;
    const auto side = [&](const text_or_turns& answer) {
        if (const auto* text = std::get_if<std::string>(&judged.prompt))
            return completion_example(source, *text, std::get<std::string>(answer), row.index);
        require(spoken.has_value(), "the row is a conversation, and the model has no chat template");
        return detail::turns_example(source, *spoken, {row.index, judged.prompt, answer, judged.template_variables},
                                     options);
    };
    try {
        supervised_example chosen = side(judged.chosen), rejected = side(judged.rejected);
        preference_pair pair{row.index, std::move(chosen.ids), std::move(rejected.ids)};
        pair.prompt_tokens = std::ranges::find(chosen.loss_mask, 1) - chosen.loss_mask.begin();
        require(pair.chosen != pair.rejected, "both answers are the same tokens");
        return pair;
    } catch (const error& problem) {
        fail(row.where, ": ", problem.what());
    }
}

}  // namespace aha
