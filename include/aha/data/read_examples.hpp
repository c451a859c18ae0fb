#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/data/data_row.hpp>
#include <aha/core/error.hpp>
#include <aha/core/overlong.hpp>
#include <aha/core/preference_pair.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/data/jsonl_rows.hpp>
#include <aha/data/row_example.hpp>

/// Whole files as what trainers learn from, checked when they are opened: a run does not end at a row that is bad.
namespace aha {

/// What becomes of rows that cannot be learned as they are.
struct read_options {
    std::int64_t max_tokens = 0;            ///< most tokens of an example, `row_tokens` of a trainer; 0: no limit
    overlong long_rows = overlong::refuse;  ///< what becomes of a longer one
    bool drop_unusable = false;             ///< true: rows that teach nothing (an empty completion, equal sides, turns
                                            ///< that a template cannot mark) are left out and counted, not an error
    std::optional<chat_template> chat{};    ///< the template of conversations, where it is not the model's own
    row_example_options rows{};             ///< what of a row is learned

    void validate() const { require(max_tokens >= 0, "max_tokens must be 0 (no limit) or more, not ", max_tokens); }
};

/// What a file held.
template <class Record>
struct records_read {
    std::vector<Record> records;  ///< in the file's order
    std::int64_t too_long = 0;    ///< rows left out because they were too long
    std::int64_t cut = 0;         ///< rows that lost their end
    std::int64_t unusable = 0;    ///< rows left out because they teach nothing
    std::int64_t unread = 0;      ///< conversations with reasoning that the template does not read, so not learned
    std::string first_unusable;   ///< what was wrong with the first of them, with its FILE:LINE

    /// What was left out or cut, as a sentence; empty if nothing was.
    std::string describe() const {
        std::string said;
        const auto add = [&](std::int64_t count, const std::string& what) {
            if (count > 0) said += (said.empty() ? "" : ", ") + std::to_string(count) + " " + what;
        };
        add(too_long, "too long, left out");
        add(cut, "cut");
        add(unread, "with reasoning that the chat template does not read, learned without it");
        add(unusable, "left out because they teach nothing (the first: " + first_unusable + ")");
        return said;
    }
};

namespace detail {

/// @param make a row to a record; throws `aha::error` with FILE:LINE
/// @param length how many tokens a record has
/// @param cut the record, shortened; nothing if then it teaches nothing
template <class Record, class Make, class Length, class Cut>
records_read<Record> read_records(const std::filesystem::path& path, const read_options& options, const Make& make,
                                  const Length& length, const Cut& cut) {
    options.validate();
    records_read<Record> all;
    for (const data_row& row : jsonl_rows{path}) {
        std::optional<Record> made;
        try {
            made = make(row);
        } catch (const error& problem) {
            if (!options.drop_unusable) throw;
            if (all.unusable++ == 0) all.first_unusable = problem.what();
            continue;
        }
        if (options.max_tokens > 0 && length(*made) > options.max_tokens) {
            require(options.long_rows != overlong::refuse, row.where, ": ", length(*made), " tokens, more than the ",
                    options.max_tokens, " that a row may have: raise the limit, or drop or cut long rows");
            if (options.long_rows == overlong::cut) made = cut(std::move(*made));
            else made.reset();
            ++(made ? all.cut : all.too_long);
            if (!made) continue;
        }
        if (options.chat && !reads_reasoning(*options.chat) && row.fields.contains("messages") &&
            has_reasoning(row.fields["messages"]))
            ++all.unread;
        all.records.push_back(std::move(*made));
    }
    require(!all.records.empty(), path.string(), " holds nothing to learn from",
            all.describe().empty() ? "" : ": " + all.describe());
    return all;
}

}  // namespace detail

/// The examples in a file or folder of JSON lines, by `row_example`. Throws `aha::error`, "FILE:LINE: ...", for a row
/// that cannot be learned or is too long, unless those are dropped or cut, and if nothing is left.
/// @param source a `pretrained` model
template <class Source>
records_read<supervised_example> read_examples(const Source& source, const std::filesystem::path& path,
                                               read_options options = {}) {
    if (!options.chat) options.chat = source.chat;
    return detail::read_records<supervised_example>(
        path, options, [&](const data_row& row) { return row_example(source, row, options.chat, options.rows); },
        [](const supervised_example& one) { return std::ssize(one.ids); },
        [&](supervised_example one) -> std::optional<supervised_example> {
            one.ids.resize(static_cast<std::size_t>(options.max_tokens));
            one.loss_mask.resize(one.ids.size());
            for (const std::uint8_t learned : one.loss_mask)
                if (learned != 0) return one;
            return std::nullopt;
        });
}

/// The preferences in a file or folder of JSON lines, by `preference_example`, with the same rules: both sides must be
/// short enough, and a cut that leaves them equal leaves nothing.
/// @param source a `pretrained` model
template <class Source>
records_read<preference_pair> read_preferences(const Source& source, const std::filesystem::path& path,
                                               const read_options& options = {}) {
    return detail::read_records<preference_pair>(
        path, options, [&](const data_row& row) { return preference_example(source, row, options.chat, options.rows); },
        [](const preference_pair& pair) { return std::max(std::ssize(pair.chosen), std::ssize(pair.rejected)); },
        [&](preference_pair pair) -> std::optional<preference_pair> {
            const auto most = static_cast<std::size_t>(options.max_tokens);
            for (std::vector<token_id>* side : {&pair.chosen, &pair.rejected})
                if (side->size() > most) side->resize(most);
            if (pair.chosen == pair.rejected) return std::nullopt;
            return pair;
        });
}

}  // namespace aha
