#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <aha/data/data_row.hpp>
#include <aha/core/dialogue.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/data/row_fields.hpp>

/// The shapes of rows that data sets for language models have, by the names of their fields.
namespace aha {

/// What a row of data is.
enum class row_shape { preference, conversation, pair, question };

/// The shape that a row's fields are of, the richest first: "chosen" and "rejected"; "messages"; "prompt" and
/// "completion", or "prompt_ids" in the prompt's place; "prompt" and "answer". Nothing if they are of none.
inline std::optional<row_shape> shape_of(const json& row) {
    const auto has = [&](const char* key) { return row.is_object() && row.contains(key); };
    if (has("chosen") && has("rejected")) return row_shape::preference;
    if (has("messages")) return row_shape::conversation;
    if ((has("prompt") || has("prompt_ids")) && has("completion")) return row_shape::pair;
    if (has("prompt") && has("answer")) return row_shape::question;
    return std::nullopt;
}

namespace detail {

/// A parser that is called with a row, and can be given to a view: a lambda would be another type in every program.
template <auto Parse>
struct row_parser {
    auto operator()(const data_row& row) const { return Parse(row.fields, row.where, row.index); }
    auto operator()(const json& row, const std::string& where, std::int64_t index = 0) const {
        return Parse(row, where, index);
    }
};

inline prompt parse_question(const json& row, const std::string& where, std::int64_t index) {
    const row_fields fields{row, where, "a question (\"prompt\", \"answer\")"};
    const text_or_turns asked = fields.text_or_turns_at("prompt");
    const json& answer = fields.at("answer");
    if (!answer.is_string() && !answer.is_number())
        fields.wrong("\"answer\" is neither a text nor a number but ", answer.type_name());
    if (answer == "") fields.wrong("\"answer\" is empty");
    prompt question;
    question.index = index;
    if (const auto* text = std::get_if<std::string>(&asked)) question.text = *text;
    else question.messages = row.at("prompt");
    question.fields = row;
    return question;
}

inline text_pair parse_pair(const json& row, const std::string& where, std::int64_t index) {
    const row_fields fields{row, where, "a pair (\"prompt\", \"completion\")"};
    text_pair pair{index, fields.text_or_turns_at("prompt"), {}, fields.template_variables()};
    pair.completion = fields.answer_at("completion", pair.prompt);
    return pair;
}

inline conversation parse_conversation(const json& row, const std::string& where, std::int64_t index) {
    const row_fields fields{row, where, "a conversation (\"messages\")"};
    conversation said{index, fields.turns_at("messages"), fields.template_variables()};
    const auto speaks = [](const message& m) { return m.role == "assistant"; };
    if (std::none_of(said.messages.begin(), said.messages.end(), speaks))
        fields.wrong("\"messages\" has no turn of \"assistant\", so there is nothing to learn");
    return said;
}

/// Takes the turns that both begin with out of both.
inline std::vector<message> take_common_turns(std::vector<message>& a, std::vector<message>& b) {
    const std::size_t most = std::min(a.size(), b.size());
    const auto end = std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first;
    std::vector<message> common(a.begin(), end);
    b.erase(b.begin(), b.begin() + (end - a.begin()));
    a.erase(a.begin(), end);
    return common;
}

inline preference parse_preference(const json& row, const std::string& where, std::int64_t index) {
    using turns = std::vector<message>;
    const row_fields fields{row, where, "a preference (\"prompt\", \"chosen\", \"rejected\")"};
    const auto differ = [&](const auto& a, const auto& b) {
        if (a == b) fields.wrong("\"chosen\" and \"rejected\" are equal");
    };
    text_or_turns chosen = fields.text_or_turns_at("chosen"), rejected = fields.text_or_turns_at("rejected");
    const bool own_prompt = fields.has("prompt") && !fields.at("prompt").is_string();
    if (std::holds_alternative<turns>(chosen) && std::holds_alternative<turns>(rejected) && !own_prompt) {
        turns &good = std::get<turns>(chosen), &bad = std::get<turns>(rejected);
        differ(good, bad);
        turns common = take_common_turns(good, bad);
        if (common.empty()) fields.wrong("\"chosen\" and \"rejected\" have no first turn in common, and no prompt");
        fields.check_assistant(good, "chosen");
        fields.check_assistant(bad, "rejected");
        return {index, std::move(common), std::move(good), std::move(bad), fields.template_variables()};
    }
    preference judged{index, fields.text_or_turns_at("prompt"), {}, {}, fields.template_variables()};
    judged.chosen = fields.answer_at("chosen", judged.prompt);
    judged.rejected = fields.answer_at("rejected", judged.prompt);
    differ(judged.chosen, judged.rejected);
    return judged;
}

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
