#pragma once

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include <aha/data/jsonl_index.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/data/shards.hpp>

namespace aha::detail {

AHA_INLINE jsonl_index::jsonl_index(const std::filesystem::path& path, storage held,
                                    const jsonl_reader_options& options, const row_check& check)
    : path_{path}, options_{options} {
    options_.validate();
    for (const std::filesystem::path& file : jsonl_shards(path)) add(file, held, check);
    rows_.shrink_to_fit();
}

AHA_INLINE jsonl_index jsonl_index::filtered(const row_check& check) const {
    jsonl_index kept{*this};
    kept.rows_.clear();
    kept.shards_.clear();
    kept.sum_ = {};
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (!check(fields(row), where(row))) {
            ++kept.dropped_;
            continue;
        }
        const shard& from = shard_of(row);
        if (kept.shards_.empty() || kept.shards_.back().path != from.path) {
            kept.shards_.push_back(from);
            kept.shards_.back().first = kept.rows_.size();
        }
        kept.rows_.push_back(rows_[row]);
        kept.sum_.add(text(row));
    }
    return kept;
}

AHA_INLINE json jsonl_index::fields(std::size_t row) const {
    require(row < rows_.size(), path_.string(), " has ", rows_.size(), " rows, so none at ", row);
    return parse_row(text(row), where(row), options_);
}

AHA_INLINE std::string_view jsonl_index::shard::bytes() const {
    if (text) return *text;
    return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
}

AHA_INLINE std::string_view jsonl_index::text(std::size_t row) const {
    return shard_of(row).bytes().substr(rows_[row].byte, rows_[row].size);
}

AHA_INLINE auto jsonl_index::shard_of(std::size_t row) const -> const shard& {
    const auto after = std::upper_bound(shards_.begin(), shards_.end(), row,
                                        [](std::size_t one, const shard& of) { return one < of.first; });
    return *std::prev(after);
}

AHA_INLINE void jsonl_index::add(const std::filesystem::path& path, storage held, const row_check& check) {
    row_texts texts{path, options_.max_line_bytes};
    std::error_code unknown;
    const bool regular = std::filesystem::is_regular_file(path, unknown);
    shard added{.path = path, .first = rows_.size()};
    std::string kept;
    while (const auto row = texts.next()) {
        if (check) {
            const std::string stands = texts.where();
            if (!check(parse_row(row->text, stands, options_), stands)) {
                ++dropped_;
                continue;
            }
        }
        sum_.add(row->text);
        const bool mapped = held == storage::mapped && regular && texts.plain();
        rows_.push_back({mapped ? row->byte : kept.size(), row->text.size(), row->line});
        if (mapped) continue;
        kept += row->text;
        kept_bytes_ += row->text.size();
        if (kept_bytes_ > options_.max_kept_bytes)
            fail(texts.where(), ": the text of the rows so far is more than the ", options_.max_kept_bytes,
                 " bytes allowed in memory: ",
                 held == storage::mapped ? "unpack it" : "read it row by row, or as records");
    }
    if (rows_.size() == added.first) return;
    if (held == storage::mapped && regular && texts.plain()) {
        added.file = map_file(path);
        const place& last = rows_.back();
        require(last.byte + last.size <= added.bytes().size(), path.string(), " was cut while it was read");
    } else {
        kept.shrink_to_fit();
        added.text = std::make_shared<const std::string>(std::move(kept));
    }
    shards_.push_back(std::move(added));
}

}  // namespace aha::detail
