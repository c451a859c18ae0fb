#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/value.hpp>

/// Values as text: Python's str, repr and json.dumps.
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

/// Characters without a look of their own that repr escapes: format controls and the private use areas.
inline bool is_invisible(std::uint32_t code) {
    return (code >= 0x600 && code <= 0x605) || code == 0x61C || code == 0x6DD || code == 0x70F || code == 0x180E ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || (code >= 0xE000 && code <= 0xF8FF) || code == 0xFEFF ||
           (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && (code < 0xE0100 || code > 0xE01EF));
}

/// A string as Python's repr writes it.
inline std::string quote_for_repr(std::string_view text) {
    const char quote =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string result{quote};
    for (const std::string_view piece : characters(text)) {
        const std::uint32_t code = character_at(piece, 0).code;
        if (code == static_cast<std::uint32_t>(quote)) (result += '\\') += quote;
        else if (!short_escape(code).empty()) result += short_escape(code);
        else if (code < 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0xAD) result += hex_escape('x', 2, code);
        else if ((code != 0x20 && is_space(code)) || is_invisible(code))
            result += code > 0xFFFF ? hex_escape('U', 8, code) : hex_escape('u', 4, code);
        else result += piece;
    }
    return result += quote;
}

inline std::string to_repr(const value& v);

/// What `{{ v }}` prints.
inline std::string to_text(const value& v) {
    if (const auto* text = v.as_text()) return *text;
    if (const auto* safe = v.as_safe_text()) return safe->text;
    return v.is_undefined() ? "" : to_repr(v);
}

inline std::string to_repr(const value& v) {
    if (v.is_undefined()) return "Undefined";
    if (v.is_none()) return "None";
    if (const bool* flag = v.as_bool()) return *flag ? "True" : "False";
    if (const auto number = v.as_integer()) return std::to_string(*number);
    if (const double* number = v.as_real()) return real_to_text(*number);
    if (const auto* text = v.as_text()) return quote_for_repr(*text);
    if (const auto* row = v.as_sequence();
        row && (row->is == sequence::kind::list || row->is == sequence::kind::tuple)) {
        const bool list = row->is == sequence::kind::list;
        std::string text = list ? "[" : "(";
        for (const value& item : row->items) text += (&item == row->items.data() ? "" : ", ") + to_repr(item);
        if (!list && row->items.size() == 1) text += ",";
        return text += list ? "]" : ")";
    }
    if (const auto* dict = v.as_mapping()) {
        std::string text = "{";
        for (const auto& entry : dict->entries)
            text += (&entry == dict->entries.data() ? "" : ", ") + quote_for_repr(entry.first) + ": " +
                    to_repr(entry.second);
        return text += "}";
    }
    v.refuse("printing");
}

/// The options of `tojson`, which are json.dumps's.
struct json_format {
    bool ascii_only = false;
    bool sort_keys = false;
    std::optional<std::string> indent;  ///< one level's worth
    std::string item_separator = ", ";
    std::string key_separator = ": ";
};

inline std::string quote_for_json(std::string_view text, bool ascii_only) {
    std::string result = "\"";
    for (const std::string_view piece : characters(text)) {
        const std::uint32_t code = character_at(piece, 0).code;
        if (code == '"') result += "\\\"";
        else if (!short_escape(code).empty()) result += short_escape(code);
        else if (code == '\b' || code == '\f') result += code == '\b' ? "\\b" : "\\f";
        else if (code < 0x20 || (ascii_only && code >= 0x7F && code < 0x10000 && code != 0x7F))
            result += hex_escape('u', 4, code);
        else if (ascii_only && code >= 0x10000)
            result += hex_escape('u', 4, 0xD7C0 + (code >> 10)) + hex_escape('u', 4, 0xDC00 + (code & 0x3FF));
        else result += piece;
    }
    return result += '"';
}

inline std::string to_json(const value& v, const json_format& format, int depth = 0) {
    if (v.is_none()) return "null";
    if (const bool* flag = v.as_bool()) return *flag ? "true" : "false";
    if (const auto number = v.as_integer()) return std::to_string(*number);
    if (const double* number = v.as_real())
        return std::isnan(*number)   ? "NaN"
               : std::isinf(*number) ? (*number < 0 ? "-Infinity" : "Infinity")
                                     : real_to_text(*number);
    if (const auto* text = v.as_text()) return quote_for_json(*text, format.ascii_only);

    const auto line = [&](int level) {
        std::string text = "\n";
        for (int i = 0; i < level; ++i) grow(text, *format.indent);
        return text;
    };
    const auto enclose = [&](char open, const std::vector<std::string>& parts, char close) {
        std::string text{open};
        for (const std::string& part : parts) {
            if (&part != parts.data()) grow(text, format.item_separator);
            if (format.indent) grow(text, line(depth + 1));
            grow(text, part);
        }
        if (format.indent && !parts.empty()) text += line(depth);
        return text += close;
    };
    std::vector<std::string> parts;
    if (const auto* row = v.as_sequence();
        row && (row->is == sequence::kind::list || row->is == sequence::kind::tuple)) {
        for (const value& item : row->items) parts.push_back(to_json(item, format, depth + 1));
        return enclose('[', parts, ']');
    }
    if (const auto* dict = v.as_mapping()) {
        auto entries = dict->entries;
        if (format.sort_keys)
            std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (const auto& [key, item] : entries)
            parts.push_back(quote_for_json(key, format.ascii_only) + format.key_separator +
                            to_json(item, format, depth + 1));
        return enclose('{', parts, '}');
    }
    v.refuse("tojson");
}

}  // namespace aha::detail::jinja
