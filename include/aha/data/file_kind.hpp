#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>

/// What a file is by its first bytes, for those that are given where JSON lines belong.
namespace aha::detail {

/// True if `bytes` begin as a gzip member does (RFC 1952).
inline bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

/// True if `bytes` begin as a Zstandard frame does, or a skippable one (RFC 8878).
inline bool is_zstd(std::string_view bytes) {
    if (bytes.starts_with("\x28\xB5\x2F\xFD")) return true;
    return bytes.size() >= 4 && (bytes[0] & 0xF0) == 0x50 && bytes.substr(1, 3) == "\x2A\x4D\x18";
}

/// What to do about a file that is no text of JSON, or nothing if it may be one. `bytes` are its first, unpacked.
inline std::string_view not_json_lines(std::string_view bytes) {
    struct kind {
        std::size_t at;
        std::string_view mark, sentence;
    };
    using std::string_view_literals::operator""sv;
    constexpr std::string_view convert =
        "a Parquet file: write its rows as JSON lines, as pandas' "
        "read_parquet(FILE).to_json(OUT, orient=\"records\", lines=True) does";
    static constexpr kind kinds[] = {
        {0, "PAR1"sv, convert},
        {0, "ARROW1"sv, "an Arrow file: write its rows as JSON lines, as datasets' to_json does"},
        {0, "\xFF\xFF\xFF\xFF"sv, "an Arrow stream: write its rows as JSON lines, as datasets' to_json does"},
        {0, "\xFF\xFE\0\0"sv, "text in UTF-32, not in UTF-8: iconv -f UTF-32 -t UTF-8 FILE makes it so"},
        {0, "\xFF\xFE"sv, "text in UTF-16, not in UTF-8: iconv -f UTF-16 -t UTF-8 FILE makes it so"},
        {0, "\xFE\xFF"sv, "text in UTF-16, not in UTF-8: iconv -f UTF-16 -t UTF-8 FILE makes it so"},
        {0, "{\0"sv, "text in UTF-16, not in UTF-8: iconv -f UTF-16LE -t UTF-8 FILE makes it so"},
        {0, "\0{"sv, "text in UTF-16, not in UTF-8: iconv -f UTF-16BE -t UTF-8 FILE makes it so"},
        {0, "\x1F\x8B"sv, "packed twice: unpack it once"},
        {0, "\x28\xB5\x2F\xFD"sv, "packed twice: unpack it once"},
        {0,
         "\xFD"
         "7zXZ"sv,
         "an xz file, of which none is unpacked here: xz -d unpacks it, gzip and zstd are read as they are"},
        {0, "BZh"sv,
         "a bzip2 file, of which none is unpacked here: bzip2 -d unpacks it, gzip and zstd are read as they are"},
        {0, "\x04\x22\x4D\x18"sv,
         "an lz4 file, of which none is unpacked here: lz4 -d unpacks it, gzip and zstd are read as they are"},
        {0, "PK\x03\x04"sv, "a zip archive: unpack it"},
        {0, "7z\xBC\xAF\x27\x1C"sv, "a 7z archive: unpack it"},
        {257, "ustar"sv, "a tar archive: unpack it"},
        {0, "SQLite format 3"sv, "an SQLite database"},
        {0, "GGUF"sv, "a GGUF model, not data"},
        {0, "version https://git-lfs"sv, "a pointer of Git LFS in the place of the data: git lfs pull fetches them"},
        {0, "<!DOCTYPE"sv, "a web page: the download went wrong"},
        {0, "<!doctype"sv, "a web page: the download went wrong"},
        {0, "<html"sv, "a web page: the download went wrong"},
    };
    for (const kind& one : kinds)
        if (bytes.size() >= one.at && bytes.substr(one.at).starts_with(one.mark)) return one.sentence;
    return {};
}

/// Throws `aha::error` if `path`, whose first bytes unpacked are `bytes`, is no text of JSON.
inline void require_json_lines(const std::filesystem::path& path, std::string_view bytes) {
    const std::string_view problem = not_json_lines(bytes);
    require(problem.empty(), path.string(), " is not a file of JSON lines but ", problem);
    const std::string ending = path.extension().string();
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || bytes[first] == '{' || bytes[first] == '[') return;
    require(ending != ".csv" && ending != ".tsv", path.string(),
            " is not a file of JSON lines but a table, by its name ", ending,
            ": write its rows as JSON lines, as pandas' read_csv(FILE).to_json(OUT, orient=\"records\", "
            "lines=True) does");
}

}  // namespace aha::detail
