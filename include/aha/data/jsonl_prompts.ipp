#pragma once

#include <utility>

#include <aha/data/jsonl_prompts.hpp>
#include <aha/core/inline.hpp>
#include <aha/data/row_fields.hpp>

namespace aha {

AHA_INLINE void jsonl_prompts_options::validate() const {
    require(!field.empty() || render, "field must name the part of a row that is the question, but is empty");
    require(epochs >= 0, "epochs must be 0 (for ever) or more, not ", epochs);
}

AHA_INLINE std::optional<prompt> jsonl_prompts::next() {
    const auto place = order_.next();
    if (!place) return std::nullopt;
    const std::string where = rows_->where(place->row);
    std::optional<prompt> question = admitted(options_, asked(options_, rows_->fields(place->row), where), where);
    require(question.has_value(), where, ": the prompt was admitted when the file was opened, and now is not");
    question->index = place->index;
    return question;
}

AHA_INLINE std::int64_t jsonl_prompts::screen(
    const std::function<bool(const prompt& asked, const std::string& where)>& admits) {
    const auto check = [&](const json& fields, const std::string& where) {
        const std::optional<prompt> p = admitted(options_, asked(options_, fields, where), where);
        return p && admits(*p, where + ": ");
    };
    detail::jsonl_index kept = rows_->filtered(check);
    const auto left_out = static_cast<std::int64_t>(rows_->size()) - static_cast<std::int64_t>(kept.size());
    require(kept.size() > 0, rows_->path().string(), " holds no prompts: all ", kept.dropped(), " were dropped");
    if (left_out == 0) return 0;
    rows_ = std::make_shared<const detail::jsonl_index>(std::move(kept));
    order_ = {
        rows_->path().string(), rows_->size(), rows_->checksum(), {options_.shuffle, options_.seed, options_.epochs}};
    return left_out;
}

AHA_INLINE const jsonl_prompts_options& jsonl_prompts::checked(const jsonl_prompts_options& options) {
    options.validate();
    return options;
}

AHA_INLINE prompt jsonl_prompts::asked(const jsonl_prompts_options& options, json fields, const std::string& where) {
    prompt question;
    if (options.render) {
        prompt_text read = at(where, "render", [&] { return options.render(fields); });
        question.text = std::move(read.text);
        question.templated = read.templated;
    } else if (const json& given = fields.at(options.field); given.is_array()) {
        question.messages = given;
    } else {
        question.text = given.get<std::string>();
    }
    question.fields = std::move(fields);
    return question;
}

AHA_INLINE std::optional<prompt> jsonl_prompts::admitted(const jsonl_prompts_options& options, prompt question,
                                                         const std::string& where) {
    if (!options.admit) return question;
    return at(where, "admit", [&] { return options.admit(std::move(question)); });
}

AHA_INLINE std::shared_ptr<const detail::jsonl_index> jsonl_prompts::indexed(const std::filesystem::path& path,
                                                                             const jsonl_prompts_options& options) {
    bool first = true;
    const auto check = [&](const json& fields, const std::string& where) {
        if (!options.render) check_text(fields, options.field, where);
        else if (!options.admit && std::exchange(first, false)) asked(options, fields, where);
        return !options.admit || admitted(options, asked(options, fields, where), where).has_value();
    };
    auto rows =
        std::make_shared<const detail::jsonl_index>(path, detail::jsonl_index::storage::memory, options.limits, check);
    require(rows->size() > 0 || rows->dropped() == 0, path.string(), " holds no prompts: all ", rows->dropped(),
            " were dropped");
    return rows;
}

AHA_INLINE void jsonl_prompts::check_text(const json& row, const std::string& field, const std::string& where) {
    const detail::row_fields fields{row, where, ""};
    if (fields.at(field).is_array()) (void)detail::row_fields{row, where, "a prompt"}.turns_at(field);
    else (void)fields.text_or_turns_at(field);
}

}  // namespace aha
