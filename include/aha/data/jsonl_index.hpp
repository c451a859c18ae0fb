#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/json.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/data/jsonl_reader.hpp>
#include <aha/data/row_texts.hpp>
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
                const row_check& check);

    /// The rows that `check` wants, without reading the file again.
    jsonl_index filtered(const row_check& check) const;

    std::size_t size() const { return rows_.size(); }            ///< rows
    std::size_t dropped() const { return dropped_; }             ///< rows that `check` did not want
    std::uint64_t checksum() const { return sum_.value(); }      ///< of the rows' text
    const std::filesystem::path& path() const { return path_; }  ///< what was asked for

    /// "FILE:LINE" of a row.
    std::string where(std::size_t row) const { return file_line(shard_of(row).path, rows_[row].line); }

    /// What a row holds.
    json fields(std::size_t row) const;

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

        std::string_view bytes() const;
    };

    std::string_view text(std::size_t row) const;

    const shard& shard_of(std::size_t row) const;

    void add(const std::filesystem::path& path, storage held, const row_check& check);

    std::filesystem::path path_;
    jsonl_reader_options options_;
    std::vector<shard> shards_;  // that have rows
    std::vector<place> rows_;
    std::size_t dropped_ = 0, kept_bytes_ = 0;
    fingerprint sum_;
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/data/jsonl_index.ipp>
#endif
