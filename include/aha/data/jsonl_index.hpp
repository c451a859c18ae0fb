#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/data/row_texts.hpp>
#include <aha/data/shards.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha::detail {

/// Where the rows of JSON lines stand, so that each can be read when it is asked for. Copies share what they hold.
class jsonl_index {
public:
    /// Whether a row belongs to the index; throws for one at fault. `where` is "FILE:LINE".
    using row_check = std::function<bool(const json& fields, const std::string& where)>;

    /// How the rows are held.
    enum class storage {
        memory,  ///< their text, whatever happens to the file
        mapped,  ///< by the file, which must not change; where it is packed or a pipe, their text
    };

    /// Goes through `path`, which may be whatever `jsonl_reader` takes. `check` sees every row; without it none is
    /// parsed.
    jsonl_index(const std::filesystem::path& path, storage held, const jsonl_reader_options& options,
                const row_check& check)
        : path_{path}, options_{options} {
        options_.validate();
        for (const std::filesystem::path& file : jsonl_shards(path)) add(file, held, check);
        rows_.shrink_to_fit();
    }

    /// The rows that `check` wants, without reading the file again.
    jsonl_index filtered(const row_check& check) const {
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

    std::size_t size() const { return rows_.size(); }            ///< rows
    std::size_t dropped() const { return dropped_; }             ///< rows that `check` did not want
    std::uint64_t checksum() const { return sum_.value(); }      ///< of the rows' text
    const std::filesystem::path& path() const { return path_; }  ///< what was asked for

    /// "FILE:LINE" of a row.
    std::string where(std::size_t row) const { return file_line(shard_of(row).path, rows_[row].line); }

    /// What a row holds.
    json fields(std::size_t row) const {
        require(row < rows_.size(), path_.string(), " has ", rows_.size(), " rows, so none at ", row);
        return parse_row(text(row), where(row), options_);
    }

private:
    /// A row's text in its shard's bytes.
    struct place {
        std::size_t byte = 0, size = 0;
        std::int64_t line = 0;
    };

    struct shard {
        std::filesystem::path path;
        std::size_t first = 0;  // of its rows
        std::shared_ptr<const mapped_file> file{};
        std::shared_ptr<const std::string> text{};

        std::string_view bytes() const {
            if (text) return *text;
            return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
        }
    };

    std::string_view text(std::size_t row) const {
        return shard_of(row).bytes().substr(rows_[row].byte, rows_[row].size);
    }

    const shard& shard_of(std::size_t row) const {
        const auto after = std::upper_bound(shards_.begin(), shards_.end(), row,
                                            [](std::size_t one, const shard& of) { return one < of.first; });
        return *std::prev(after);
    }

    void add(const std::filesystem::path& path, storage held, const row_check& check) {
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

    std::filesystem::path path_;
    jsonl_reader_options options_;
    std::vector<shard> shards_;  // that have rows
    std::vector<place> rows_;
    std::size_t dropped_ = 0, kept_bytes_ = 0;
    fingerprint sum_;
};

}  // namespace aha::detail
