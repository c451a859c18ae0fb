#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <string>
#include <variant>
#include <vector>

#include <aha/core/data_row.hpp>
#include <aha/core/dialogue.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/row_shapes.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/train/chat_example.hpp>
#include <aha/train/completion_example.hpp>

namespace aha {

namespace detail {

/// What a prompt of turns and the turns that answer it become in a template: the answer is what follows the rendered
/// prompt, so the template must render the prompt the same with and without an answer.
template <class Source>
supervised_example turns_example(const Source& source, const chat_template& chat, const std::vector<message>& asked,
                                 const std::vector<message>& said, std::int64_t index) {
    const std::string prompt = chat.render(asked);
    std::vector<message> all = asked;
    all.insert(all.end(), said.begin(), said.end());
    const std::string whole = chat.render(all, {.add_generation_prompt = false});
    require(whole.starts_with(prompt),
            "the chat template renders the prompt differently once it is answered, so what "
            "is to be learned cannot be told from it");
    supervised_example example;
    example.index = index;
    example.ids = source.tokenizer.encode(prompt);
    example.learned.assign(example.ids.size(), 0);
    const std::vector<token_id> answer = source.tokenizer.encode(whole.substr(prompt.size()));
    example.ids.insert(example.ids.end(), answer.begin(), answer.end());
    example.learned.resize(example.ids.size(), 1);
    const auto& ends = source.tokenizer.end_ids();
    require(
        std::ranges::any_of(answer, [&](token_id id) { return std::ranges::find(ends, id) != std::ranges::end(ends); }),
        "the chat template puts no end token after an answer, so the model would never learn to stop");
    return example;
}

}  // namespace detail

/// What a row of a data set teaches: the completion of a pair, by text or by turns, or what the assistant says in a
/// conversation.
/// @param source a `pretrained` model
/// @param chat the template of conversations, where it is not the source's own
/// Throws `aha::error` that begins with the row's FILE:LINE for a row of another shape or one that cannot be learned.
template <class Source>
supervised_example row_example(const Source& source, const data_row& row,
                               const std::optional<chat_template>& chat = std::nullopt) {
    const std::optional<row_shape> shape = shape_of(row.fields);
    require(shape == row_shape::pair || shape == row_shape::conversation, row.where,
            ": nothing to learn in this row: it needs \"prompt\" and \"completion\", or \"messages\"");
    const auto& spoken = chat ? chat : source.chat;
    try {
        if (shape == row_shape::conversation) {
            (void)as_conversation(row);
            require(spoken.has_value(), "the row is a conversation, and the model has no chat template");
            return chat_example(source, *spoken, nlohmann::ordered_json(row.fields.at("messages")), row.index);
        }
        const text_pair pair = as_pair(row);
        if (const auto* text = std::get_if<std::string>(&pair.prompt))
            return completion_example(source, *text, std::get<std::string>(pair.completion), row.index);
        require(spoken.has_value(), "the row is a conversation, and the model has no chat template");
        return detail::turns_example(source, *spoken, std::get<std::vector<message>>(pair.prompt),
                                     std::get<std::vector<message>>(pair.completion), row.index);
    } catch (const error& problem) {
        const std::string said = problem.what();
        fail(said.starts_with(row.where) ? "" : row.where + ": ", said);
    }
}

}  // namespace aha
