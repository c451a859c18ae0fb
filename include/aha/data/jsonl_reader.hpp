#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>

namespace aha {

/// Limits for files that nobody vouches for.
struct jsonl_reader_options {
    std::size_t max_line_bytes = std::size_t{64} << 20;  ///< a longer line is an error
    int max_depth = 64;  ///< a more deeply nested value is an error, before it can exhaust a recursive reader's stack

    void validate() const {
        require(max_line_bytes > 0, "max_line_bytes must be positive, not 0");
        require(max_depth > 0, "max_depth must be positive, not ", max_depth);
    }
};

/// Reads a file of JSON lines (https://jsonlines.org), one object a line, without holding more than a line in memory.
/// Skips blank lines and a byte order mark; takes CRLF, and a last line without its end. Every error is an `aha::error`
/// that begins "FILE:LINE: ": text that is no JSON, a value that is no object, a key given twice, a line over the
/// limit.
class jsonl_reader {
public:
    /// One line's object.
    struct row {
        std::int64_t line = 0;         ///< counted from 1, blank lines included
        json fields = json::object();  ///< what the line holds
    };

    /// Opens `path`, which may be a pipe. Throws `aha::error` naming it if it is missing, not readable or a folder.
    explicit jsonl_reader(std::filesystem::path path, jsonl_reader_options options = {})
        : path_{std::move(path)}, options_{options} {
        options_.validate();
        std::error_code ignored;
        require(!std::filesystem::is_directory(path_, ignored), path_, " is a folder, not a file of JSON lines");
        errno = 0;
        in_.open(path_, std::ios::binary);
        require(in_.is_open(), "cannot open ", path_, ": ", std::strerror(errno));
    }

    /// The next object, or nothing at the end of the file.
    std::optional<row> next() {
        while (std::optional<std::string> text = next_line())
            if (text->find_first_not_of(" \t\r") != std::string::npos) return row{line_, parse(*text)};
        return std::nullopt;
    }

    /// The file.
    const std::filesystem::path& path() const { return path_; }

    /// "FILE:LINE", of the line that was read last or of `line`: how messages about it begin.
    std::string where() const { return where(line_); }
    /// "FILE line N", for messages.
    std::string where(std::int64_t line) const { return path_.string() + ":" + std::to_string(line); }

private:
    /// The next line without its end, or nothing.
    std::optional<std::string> next_line() {
        std::string text;
        bool any = false;
        for (bool ended = false; !ended;) {
            if (begin_ == end_ && !refill()) break;
            if (!any) ++line_;
            any = true;
            const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
            const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
            const auto at = std::find(from, to, '\n');
            require(text.size() + static_cast<std::size_t>(at - from) <= options_.max_line_bytes, where(),
                    ": the line is longer than the ", options_.max_line_bytes, " bytes allowed");
            text.append(from, at);
            ended = at != to;
            begin_ = static_cast<std::size_t>(at - buffer_.begin()) + (ended ? 1 : 0);
        }
        if (!any) return std::nullopt;
        if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
        return text;
    }

    bool refill() {
        errno = 0;
        in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
        require(!in_.bad(), "cannot read ", path_, " after line ", line_, ": ", std::strerror(errno));
        begin_ = 0;
        end_ = static_cast<std::size_t>(in_.gcount());
        return end_ > 0;
    }

    json parse(std::string_view text) const {
        std::vector<std::set<std::string>> keys;  // of the objects that are open
        const auto check = [&](int depth, json::parse_event_t event, json& value) {
            require(depth <= options_.max_depth, where(), ": nested deeper than ", options_.max_depth, " levels");
            if (event == json::parse_event_t::object_start) keys.emplace_back();
            if (event == json::parse_event_t::object_end) keys.pop_back();
            if (event == json::parse_event_t::key)
                require(keys.back().insert(value.get_ref<const std::string&>()).second, where(), ": the key ",
                        value.dump(), " is given twice");
            return true;
        };
        json value;
        try {
            value = json::parse(text, check);
        } catch (const json::parse_error& wrong) {
            fail(where(), ": not valid JSON at byte ", wrong.byte, " of the line");
        } catch (const json::exception&) {  // a number too large for a double
            fail(where(), ": not valid JSON: a number is out of range");
        }
        require(value.is_object(), where(), ": a JSON object is needed, not ",
                value.is_array()     ? "a list"
                : value.is_string()  ? "a string"
                : value.is_null()    ? "null"
                : value.is_boolean() ? "a truth value"
                                     : "a number");
        return value;
    }

    std::filesystem::path path_;
    jsonl_reader_options options_;
    std::ifstream in_;
    std::int64_t line_ = 0;
    std::array<char, 1 << 16> buffer_{};
    std::size_t begin_ = 0, end_ = 0;  // what of the buffer is not yet used
};

}  // namespace aha
