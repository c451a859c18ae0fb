#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/letters.hpp>
#include <aha/text/jinja/value.hpp>

/// Values as text: Python's str and repr.
namespace aha::detail::jinja {

/// A float as Python writes it: the shortest digits that read back, "1.0" rather than "1", exponents from 1e16 on.
inline std::string real_to_text(double x) {
    if (std::isnan(x)) return "nan";
    if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
    const double size = std::fabs(x);
    const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, x,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string text(buffer, end.ptr);
    if (plain && text.find('.') == std::string::npos) text += ".0";
    return text;
}

/// "\n" and its like, "" where the character has no short escape.
inline std::string_view short_escape(std::uint32_t code) {
    switch (code) {
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        case '\\': return "\\\\";
        default: return "";
    }
}

inline std::string hex_escape(char letter, int digits, std::uint32_t code) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "\\%c%0*x", letter, digits, code);
    return buffer;
}
inline std::string hex_escape(std::uint32_t code) {
    return code > 0xFFFF ? hex_escape('U', 8, code) : code > 0xFF ? hex_escape('u', 4, code) : hex_escape('x', 2, code);
}

/// A string as Python's repr writes it, or its ascii if `ascii_only`.
inline std::string quote_for_repr(std::string_view text, bool ascii_only = false) {
    const char quote =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string result{quote};
    visit_characters(text, [&](std::string_view piece, std::uint32_t code) {
        if (code == static_cast<std::uint32_t>(quote)) (result += '\\') += quote;
        else if (!short_escape(code).empty()) result += short_escape(code);
        else if (code >= 0x80 ? ascii_only || !is_printable(code) : code < 0x20 || code == 0x7F)
            result += hex_escape(code);
        else result += piece;
    });
    return result += quote;
}

/// Writes a value as Python's repr does.
class repr_writer {
public:
    explicit repr_writer(bool ascii_only) : ascii_only_{ascii_only} {}

    std::string run(const value& v) {
        write(v);
        return std::move(text_);
    }

private:
    void write(const value& v) {
        if (const auto* row = v.as_sequence()) return write_row(v, *row);
        if (const auto* dict = v.as_mapping()) return write_dict(*dict);
        grow(text_, plain(v));
    }
    std::string plain(const value& v) const {
        if (v.is_undefined()) return "Undefined";
        if (v.is_none()) return "None";
        if (const bool* flag = v.as_bool()) return *flag ? "True" : "False";
        if (const auto number = v.as_integer()) return std::to_string(*number);
        if (const double* number = v.as_real()) return real_to_text(*number);
        if (const auto* text = v.as_text()) {
            const std::string quoted = quote_for_repr(*text, ascii_only_);
            return v.is_safe() ? "Markup(" + quoted + ")" : quoted;
        }
        v.refuse("printing");
    }
    void write_row(const value& v, const sequence& row) {
        if (!v.is_list_or_tuple()) {
            if (row.is == sequence::kind::range) return write_range(row);
            v.refuse("printing");
        }
        const bool list = row.is == sequence::kind::list;
        grow(text_, list ? "[" : "(");
        for (const value& item : row.items) {
            if (&item != row.items.data()) grow(text_, ", ");
            write(item);
        }
        if (!list && row.items.size() == 1) grow(text_, ",");
        grow(text_, list ? "]" : ")");
    }
    void write_range(const sequence& row) {
        if (row.items.size() < 2) problem("printing a range of fewer than two numbers is not supported");
        const std::int64_t first = *row.items[0].as_integer(), step = *row.items[1].as_integer() - first;
        if (step != 1) problem("printing a range with a step is not supported");
        grow(text_, "range(" + std::to_string(first) + ", " + std::to_string(*row.items.back().as_integer() + 1) + ")");
    }
    void write_dict(const mapping& dict) {
        grow(text_, "{");
        for (const auto& entry : dict.entries) {
            if (&entry != dict.entries.data()) grow(text_, ", ");
            write(entry.first);
            grow(text_, ": ");
            write(entry.second);
        }
        grow(text_, "}");
    }

    bool ascii_only_;
    std::string text_;
};

inline std::string to_repr(const value& v, bool ascii_only = false) { return repr_writer{ascii_only}.run(v); }

/// What `{{ v }}` prints.
inline std::string to_text(const value& v) {
    if (const auto* text = v.as_text()) return *text;
    return v.is_undefined() ? "" : to_repr(v);
}

/// Text with what is markup in HTML escaped.
inline std::string escape_markup(std::string_view text) {
    std::string escaped;
    for (const char c : text) switch (c) {
            case '&': grow(escaped, "&amp;"); break;
            case '<': grow(escaped, "&lt;"); break;
            case '>': grow(escaped, "&gt;"); break;
            case '\'': grow(escaped, "&#39;"); break;
            case '"': grow(escaped, "&#34;"); break;
            default: grow(escaped, {&c, 1});
        }
    return escaped;
}
/// A value as safe text: what is not marked as safe is escaped.
inline std::string to_markup(const value& v) { return v.is_safe() ? *v.as_text() : escape_markup(to_text(v)); }

}  // namespace aha::detail::jinja
