#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/data/file_kind.hpp>
#include <aha/data/unpacked_file.hpp>

namespace aha::detail {

/// "FILE:LINE": how messages about a line begin.
inline std::string file_line(const std::filesystem::path& file, std::int64_t line) {
    return file.string() + ":" + std::to_string(line);
}

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
    std::optional<row_text> next() {
        if (!begun_) begin();
        if (list_) return next_element();
        while (std::optional<row_text> line = next_line())
            if (line->text.find_first_not_of(" \t") != std::string_view::npos) return line;
        return std::nullopt;
    }

    const std::filesystem::path& path() const { return path_; }
    /// The line that was read last, or the one on which the last element begins.
    std::int64_t line() const { return row_line_; }
    /// "FILE:LINE" of that line.
    std::string where() const { return file_line(path_, row_line_); }
    /// Whether rows stand in the file as they are given, and not packed.
    bool plain() const { return file_.plain(); }

private:
    void begin() {
        begun_ = true;
        if (!refill()) return;
        const std::string_view first{buffer_.data(), end_};
        require_json_lines(path_, first);
        if (first.starts_with("\xEF\xBB\xBF")) begin_ = 3;
        const std::size_t at = first.find_first_not_of(" \t\r\n", begin_);
        list_ = at != std::string_view::npos && first[at] == '[';
    }

    /// Goes on in the file; false at its end.
    bool refill() {
        const std::int64_t whole_lines = list_ || inside_line_ ? line_ - 1 : line_;
        before_ += end_;
        begin_ = 0;
        end_ = file_.read(buffer_, whole_lines);
        feed_ = carriage_ = unknown;
        return end_ > 0;
    }

    /// Whether there is a byte that is not yet used; a line feed that belongs to the carriage return before it is none.
    bool more() {
        for (;;) {
            if (begin_ == end_ && !refill()) return false;
            if (!after_carriage_ || buffer_[begin_] != '\n') break;
            after_carriage_ = false;
            ++begin_;
        }
        after_carriage_ = false;
        return true;
    }

    /// Where the first `wanted` from `begin_` on stands, or `end_`. It is looked for once, not at each line.
    std::size_t find(char wanted, std::size_t& known) const {
        if (known == unknown || known < begin_) {
            const void* const at = std::memchr(buffer_.data() + begin_, wanted, end_ - begin_);
            known = at == nullptr ? end_ : static_cast<std::size_t>(static_cast<const char*>(at) - buffer_.data());
        }
        return known;
    }

    /// Adds what stands between `begin_` and `to` to the row, and goes on there.
    void take(std::size_t to) {
        if (row_.size() + (to - begin_) > max_bytes_)
            fail(where(), ": the ", list_ ? "element" : "line", " is longer than the ", max_bytes_, " bytes allowed");
        row_.append(buffer_.data() + begin_, to - begin_);
        begin_ = to;
    }

    std::optional<row_text> next_line() {
        if (!more()) return std::nullopt;
        row_line_ = ++line_;
        row_.clear();
        const std::size_t byte = before_ + begin_;
        for (;;) {
            const std::size_t from = begin_, end = std::min(find('\n', feed_), find('\r', carriage_));
            if (end == end_) {
                take(end);
                inside_line_ = true;
                const bool goes_on = refill();
                inside_line_ = false;
                if (goes_on) continue;
                return row_text{row_, byte, line_};
            }
            std::string_view text{buffer_.data() + from, end - from};
            if (!row_.empty() || text.size() > max_bytes_) {
                take(end);
                text = row_;
            }
            after_carriage_ = buffer_[end] == '\r';
            begin_ = end + 1;
            return row_text{text, byte, line_};
        }
    }

    /// Goes to the next character that is no blank, counting lines. False at the end of the file.
    bool skip_blanks() {
        for (; begin_ < end_ || refill(); ++begin_) {
            const char c = buffer_[begin_];
            if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return true;
            count_line(c);
        }
        return false;
    }

    void count_line(char c) {
        if (c == '\r' || (c == '\n' && !after_carriage_)) ++line_;
        after_carriage_ = c == '\r';
    }

    template <class... Parts>
    [[noreturn]] void wrong(const Parts&... parts) const {
        fail(file_line(path_, line_), ": not valid JSON: ", parts...);
    }

    std::optional<row_text> next_element() {
        if (place_ == place::before) {
            line_ = 1;
            skip_blanks();
            ++begin_;
        }
        const bool any = skip_blanks();
        if (place_ == place::after) {
            if (any) wrong("the list that the file begins with has ended, but the file goes on");
            return std::nullopt;
        }
        if (!any) wrong("the list that the file begins with has no end");
        if (buffer_[begin_] == ']' && place_ == place::before) {
            ++begin_;
            place_ = place::after;
            return next_element();
        }
        row_line_ = line_;
        const std::size_t byte = before_ + begin_;
        const char end = take_element();
        if (row_.empty()) wrong("a '", end, "' in the list where an element belongs");
        ++begin_;
        place_ = end == ']' ? place::after : place::inside;
        return row_text{row_, byte, row_line_};
    }

    /// Reads up to the comma or bracket that ends an element of the list, and returns it.
    char take_element() {
        row_.clear();
        std::size_t depth = 0;
        bool quoted = false, escaped = false;
        for (std::size_t at = begin_;; ++at) {
            if (at == end_) {
                take(at);
                if (!refill()) wrong("the list that the file begins with has no end");
                at = 0;
            }
            const char c = buffer_[at];
            if (c == '\n' || c == '\r') count_line(c);
            else after_carriage_ = false;
            if (quoted) {
                quoted = escaped || c != '"';
                escaped = !escaped && c == '\\';
            } else if (c == '"') {
                quoted = true;
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if (depth == 0 && (c == ',' || c == ']')) {
                take(at);
                return c;
            } else if (depth > 0 && (c == '}' || c == ']')) {
                --depth;
            }
        }
    }

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
