#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include <aha/data/row_texts.hpp>
#include <aha/core/inline.hpp>
#include <aha/data/file_kind.hpp>

namespace aha::detail {

AHA_INLINE std::string file_line(const std::filesystem::path& file, std::int64_t line) {
    return file.string() + ":" + std::to_string(line);
}

AHA_INLINE auto row_texts::next() -> std::optional<row_text> {
    if (!begun_) begin();
    if (list_) return next_element();
    while (std::optional<row_text> line = next_line())
        if (line->text.find_first_not_of(" \t") != std::string_view::npos) return line;
    return std::nullopt;
}

AHA_INLINE void row_texts::begin() {
    begun_ = true;
    if (!refill()) return;
    const std::string_view first{buffer_.data(), end_};
    require_json_lines(path_, first);
    if (first.starts_with("\xEF\xBB\xBF")) begin_ = 3;
    const std::size_t at = first.find_first_not_of(" \t\r\n", begin_);
    list_ = at != std::string_view::npos && first[at] == '[';
}

AHA_INLINE bool row_texts::refill() {
    const std::int64_t whole_lines = list_ || inside_line_ ? line_ - 1 : line_;
    before_ += end_;
    begin_ = 0;
    end_ = file_.read(buffer_, whole_lines);
    feed_ = carriage_ = unknown;
    return end_ > 0;
}

AHA_INLINE bool row_texts::more() {
    for (;;) {
        if (begin_ == end_ && !refill()) return false;
        if (!after_carriage_ || buffer_[begin_] != '\n') break;
        after_carriage_ = false;
        ++begin_;
    }
    after_carriage_ = false;
    return true;
}

AHA_INLINE std::size_t row_texts::find(char wanted, std::size_t& known) const {
    if (known == unknown || known < begin_) {
        const void* const at = std::memchr(buffer_.data() + begin_, wanted, end_ - begin_);
        known = at == nullptr ? end_ : static_cast<std::size_t>(static_cast<const char*>(at) - buffer_.data());
    }
    return known;
}

AHA_INLINE void row_texts::take(std::size_t to) {
    if (row_.size() + (to - begin_) > max_bytes_)
        fail(where(), ": the ", list_ ? "element" : "line", " is longer than the ", max_bytes_, " bytes allowed");
    row_.append(buffer_.data() + begin_, to - begin_);
    begin_ = to;
}

AHA_INLINE auto row_texts::next_line() -> std::optional<row_text> {
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

AHA_INLINE bool row_texts::skip_blanks() {
    for (; begin_ < end_ || refill(); ++begin_) {
        const char c = buffer_[begin_];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return true;
        count_line(c);
    }
    return false;
}

AHA_INLINE void row_texts::count_line(char c) {
    if (c == '\r' || (c == '\n' && !after_carriage_)) ++line_;
    after_carriage_ = c == '\r';
}

AHA_INLINE auto row_texts::next_element() -> std::optional<row_text> {
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

AHA_INLINE char row_texts::take_element() {
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

}  // namespace aha::detail
