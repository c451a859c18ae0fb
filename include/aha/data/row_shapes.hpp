#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <aha/data/data_row.hpp>
#include <aha/core/dialogue.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>

/// The shapes of rows that data sets for language models have, by the names of their fields.
namespace aha {

/// What a row of data is.
enum class row_shape { preference, conversation, pair, question };

/// The shape that a row's fields are of, the richest first: "chosen" and "rejected"; "messages"; "prompt" and
/// "completion", or "prompt_ids" in the prompt's place; "prompt" and "answer". Nothing if they are of none.
std::optional<row_shape> shape_of(const json& row);

namespace detail {

/// A parser that is called with a row, and can be given to a view: a lambda would be another type in every program.
template <auto Parse>
struct row_parser {
    auto operator()(const data_row& row) const { return Parse(row.fields, row.where, row.index); }
    auto operator()(const json& row, const std::string& where, std::int64_t index = 0) const {
        return Parse(row, where, index);
    }
};

prompt parse_question(const json& row, const std::string& where, std::int64_t index);

text_pair parse_pair(const json& row, const std::string& where, std::int64_t index);

conversation parse_conversation(const json& row, const std::string& where, std::int64_t index);

preference parse_preference(const json& row, const std::string& where, std::int64_t index);

}  // namespace detail

/// The parsers below are called with a `data_row`, or with a JSON object, the "FILE:LINE" that messages begin with, and
/// its place in the data set. Fields that are not named are left alone. A message has a "role" and a "content": a text,
/// a list of parts, or nothing beside other values (tool calls, reasoning, a name), which a chat template is given as
/// they were read, and so are the row's "tools" and "chat_template_kwargs".
/// All throw `aha::error`, "FILE:LINE: taken for SHAPE: ...", for a field that is missing, empty or of another type.

/// {"prompt", "answer"}: a question with a text or number that rewards compare with; the prompt is a text or a list of
/// messages.
inline constexpr detail::row_parser<detail::parse_question> as_question{};

/// {"prompt", "completion"}: texts or lists of messages. A text that answers messages becomes the assistant's turn.
inline constexpr detail::row_parser<detail::parse_pair> as_pair{};

/// {"messages"}. Throws if the assistant says nothing.
inline constexpr detail::row_parser<detail::parse_conversation> as_conversation{};

/// {"prompt", "chosen", "rejected"}, as pairs. Where both answers are whole conversations and the prompt is missing or
/// a text, the prompt is what they begin with in common (TRL 1.16, `maybe_extract_prompt`; texts without a prompt,
/// which it cuts by the character, are refused here). Throws if the two answers are equal.
inline constexpr detail::row_parser<detail::parse_preference> as_preference{};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/row_shapes.ipp>
#endif
