#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include <zlib.h>
#include <zstd.h>

/// Streams that unpack what gzip and zstd packed: members and frames after one another, without ever holding more than
/// a window.
namespace aha::detail {

/// What came of a piece of packed bytes.
struct unpacked {
    std::size_t taken = 0;  ///< bytes of the piece that are used up
    std::size_t given = 0;  ///< bytes that were written
    std::string problem{};  ///< what is wrong with the packed bytes, or empty
};

/// Unpacks gzip members (RFC 1952). Between members and after the last one zeros are skipped, as Python's gzip does.
class gzip_unpacker {
public:
    gzip_unpacker();

    /// Unpacks some of `packed` into `to`.
    unpacked unpack(std::string_view packed, std::span<char> to);

    bool at_end() const { return between_; }  ///< whether the packed bytes may end here

private:
    static void close(z_stream* stream);

    std::unique_ptr<z_stream, void (*)(z_stream*)> stream_;
    bool ready_ = false;
    bool between_ = false;  // members
};

/// Unpacks Zstandard frames (RFC 8878) whose windows are at most 128 MiB, what every decoder should take.
class zstd_unpacker {
public:
    zstd_unpacker();

    /// Unpacks some of `packed` into `to`.
    unpacked unpack(std::string_view packed, std::span<char> to);

    bool at_end() const { return between_; }  ///< whether the packed bytes may end here

private:
    std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context_;
    bool between_ = true;  // frames
};

/// The bytes of a file one after the other, unpacked if gzip or zstd packed them: its first bytes say so, not its name.
class unpacked_file {
public:
    /// Opens `path`, which may be a pipe. Throws `aha::error` naming it if it is missing, not readable or a folder.
    explicit unpacked_file(std::filesystem::path path);

    /// Writes the next bytes to the beginning of `to` and says how many; 0 is the end. Throws `aha::error` naming the
    /// file and `line`, the last one that was whole, if it cannot be read or unpacked, after what could be was given.
    std::size_t read(std::span<char> to, std::int64_t line);

    /// Whether what `read` gives stands in the file as it is.
    bool plain() const { return std::holds_alternative<std::monostate>(unpacker_); }

private:
    void begin(std::int64_t line);

    void refill(std::int64_t line);

    unpacked unpack(std::span<char> to);

    bool at_end() const;

    std::string_view name() const;

    std::filesystem::path path_;
    std::ifstream in_;
    std::vector<char> packed_;
    std::size_t begin_ = 0, end_ = 0;  // what of `packed_` is not yet used
    bool begun_ = false, ended_ = false;
    std::string problem_;  // of the packed bytes after those that were given
    std::variant<std::monostate, gzip_unpacker, zstd_unpacker> unpacker_;
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/data/unpacked_file.ipp>
#endif
