#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/data/unpacked_file.hpp>

namespace aha::detail {

/// "FILE:LINE": how messages about a line begin.
std::string file_line(const std::filesystem::path& file, std::int64_t line);

/// Cuts a file into the texts of its rows, which it holds one at a time: lines that are not blank, or the elements of
/// the list that the file is if its first character is '['. Lines end as Python's universal newlines do, with LF, CRLF
/// or CR. A byte order mark at the beginning is skipped.
class row_texts {
public:
    /// A row as it stands in the file.
    struct row_text {
        std::string_view text{};  ///< valid until the next call
        std::size_t byte = 0;     ///< where it begins, counted from 0 in what the file is unpacked
        std::int64_t line = 0;    ///< on which line it begins, counted from 1
    };

    /// Opens `path`. Throws `aha::error` naming it if it is missing, not readable or a folder.
    row_texts(std::filesystem::path path, std::size_t max_bytes)
        : path_{std::move(path)}, max_bytes_{max_bytes}, file_{path_}, buffer_(std::size_t{1} << 16) {}

    /// The next row, or nothing at the end of the file. Throws `aha::error` that names the file, and the line if one
    /// is at fault.
    std::optional<row_text> next();

    const std::filesystem::path& path() const { return path_; }
    /// The line that was read last, or the one on which the last element begins.
    std::int64_t line() const { return row_line_; }
    /// "FILE:LINE" of that line.
    std::string where() const { return file_line(path_, row_line_); }
    /// Whether rows stand in the file as they are given, and not packed.
    bool plain() const { return file_.plain(); }

private:
    void begin();

    /// Goes on in the file; false at its end.
    bool refill();

    /// Whether there is a byte that is not yet used; a line feed that belongs to the carriage return before it is none.
    bool more();

    /// Where the first `wanted` from `begin_` on stands, or `end_`. It is looked for once, not at each line.
    std::size_t find(char wanted, std::size_t& known) const;

    /// Adds what stands between `begin_` and `to` to the row, and goes on there.
    void take(std::size_t to);

    std::optional<row_text> next_line();

    /// Goes to the next character that is no blank, counting lines. False at the end of the file.
    bool skip_blanks();

    void count_line(char c);

    template <class... Parts>
    [[noreturn]] void wrong(const Parts&... parts) const {
        fail(file_line(path_, line_), ": not valid JSON: ", parts...);
    }

    std::optional<row_text> next_element();

    /// Reads up to the comma or bracket that ends an element of the list, and returns it.
    char take_element();

    static constexpr std::size_t unknown = static_cast<std::size_t>(-1);
    enum class place { before, inside, after };  // of the list

    std::filesystem::path path_;
    std::size_t max_bytes_;
    unpacked_file file_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;                  // what of the buffer is not yet used
    std::size_t before_ = 0;                           // bytes of the file before the buffer
    std::size_t feed_ = unknown, carriage_ = unknown;  // the first of each from `begin_` on
    std::string row_;                                  // as far as it is read, where it is not whole in the buffer
    std::int64_t line_ = 0, row_line_ = 0;
    bool begun_ = false, list_ = false, inside_line_ = false, after_carriage_ = false;
    place place_ = place::before;
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/data/row_texts.ipp>
#endif
