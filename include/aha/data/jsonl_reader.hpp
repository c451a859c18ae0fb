#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/json.hpp>
#include <aha/data/row_texts.hpp>
#include <aha/data/shards.hpp>

namespace aha {

/// Limits for files that nobody vouches for.
struct jsonl_reader_options {
    std::size_t max_line_bytes = std::size_t{64} << 20;  ///< a longer line is an error
    int max_depth = 64;  ///< a more deeply nested value is an error, before it can exhaust a recursive reader's stack

    /// Bytes of rows' text that are kept in memory where rows are asked for in any order; more are an error.
    std::size_t max_kept_bytes = std::size_t{16} << 30;

    void validate() const;
};

namespace detail {

/// The object that a row's text is. Throws `aha::error` that begins with `where`.
json parse_row(std::string_view text, const std::string& where, const jsonl_reader_options& options);

}  // namespace detail

/// Reads JSON lines (https://jsonlines.org), one object a line, without holding more than a line in memory; or the
/// objects of one JSON list. A path may be a file, a pipe, a folder of shards or a pattern (`jsonl_shards`); what gzip
/// or zstd packed is unpacked as it is read.
///
/// Skips blank lines and a byte order mark; takes LF, CRLF and CR, and a last line without its end. Values are read as
/// Python's json reads them, NaN and Infinity included. Every error is an `aha::error`, that of a row begins
/// "FILE:LINE: ": text that is no JSON or no UTF-8, a value that is no object, a key given twice, an integer of more
/// than 64 bits, half of a surrogate pair, a line over the limit. Files of other kinds are told by their first bytes.
class jsonl_reader {
public:
    /// One line's object.
    struct row {
        std::int64_t line = 0;         ///< counted from 1, blank lines included
        json fields = json::object();  ///< what the line holds
    };

    /// Opens `path`. Throws `aha::error` naming it if it is missing or not readable, or a folder without rows.
    explicit jsonl_reader(std::filesystem::path path, jsonl_reader_options options = {})
        : path_{std::move(path)}, options_{options}, shards_{jsonl_shards(path_)}, rows_{open(0)} {}

    /// The next object, or nothing at the end of the last file.
    std::optional<row> next();

    /// What was asked for: the file, the folder or the pattern.
    const std::filesystem::path& path() const { return path_; }

    /// "FILE:LINE", of the line that was read last or of `line` in the same file: how messages about it begin.
    std::string where() const { return rows_.where(); }
    /// "FILE:LINE", for messages.
    std::string where(std::int64_t line) const { return detail::file_line(rows_.path(), line); }

private:
    detail::row_texts open(std::size_t shard) const;

    std::filesystem::path path_;
    jsonl_reader_options options_;
    std::vector<std::filesystem::path> shards_;
    std::size_t shard_ = 0;
    detail::row_texts rows_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/jsonl_reader.ipp>
#endif
