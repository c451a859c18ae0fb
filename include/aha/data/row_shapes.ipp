#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include <aha/data/row_shapes.hpp>
#include <aha/core/inline.hpp>
#include <aha/data/row_fields.hpp>

namespace aha {

AHA_INLINE std::optional<row_shape> shape_of(const json& row) {
    const auto has = [&](const char* key) { return row.is_object() && row.contains(key); };
    if (has("chosen") && has("rejected")) return row_shape::preference;
    if (has("messages")) return row_shape::conversation;
    if ((has("prompt") || has("prompt_ids")) && has("completion")) return row_shape::pair;
    if (has("prompt") && has("answer")) return row_shape::question;
    return std::nullopt;
}

}  // namespace aha

namespace aha::detail {

AHA_INLINE prompt parse_question(const json& row, const std::string& where, std::int64_t index) {
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

AHA_INLINE text_pair parse_pair(const json& row, const std::string& where, std::int64_t index) {
    const row_fields fields{row, where, "a pair (\"prompt\", \"completion\")"};
    text_pair pair{index, fields.text_or_turns_at("prompt"), {}, fields.template_variables()};
    pair.completion = fields.answer_at("completion", pair.prompt);
    return pair;
}

AHA_INLINE conversation parse_conversation(const json& row, const std::string& where, std::int64_t index) {
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

AHA_INLINE preference parse_preference(const json& row, const std::string& where, std::int64_t index) {
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

}  // namespace aha::detail
