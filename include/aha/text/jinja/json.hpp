#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/value.hpp>

/// JSON as values, and values as Python's json.dumps writes them.
namespace aha::detail::jinja {

/// A JSON value (either order of keys) as a template sees it. Nesting past 200 levels is a problem.
template <class Json>
value from_json(const Json& json, int depth = 0) {
    if (depth > 200) problem("data nested deeper than 200 levels");
    if (json.is_null()) return none{};
    if (json.is_boolean()) return json.template get<bool>();
    if (json.is_number_float()) return json.template get<double>();
    if (json.is_number_unsigned() && json.template get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        problem("a number over 2^63 in the data");
    if (json.is_number_integer()) return json.template get<std::int64_t>();
    if (json.is_string()) return json.template get<std::string>();
    if (json.is_array()) {
        std::vector<value> items;
        for (const auto& item : json) items.push_back(from_json(item, depth + 1));
        return value::list(std::move(items));
    }
    if (!json.is_object()) problem("data that is not JSON text");
    mapping dict;
    for (const auto& [key, item] : json.items()) dict.entries.emplace_back(key, from_json(item, depth + 1));
    return dict;
}

/// The options of `tojson`, which are json.dumps's.
struct json_format {
    bool ascii_only = false;
    bool sort_keys = false;
    std::optional<std::string> indent{};  ///< one level's worth
    std::string item_separator = ", ";
    std::string key_separator = ": ";
};

inline std::string quote_for_json(std::string_view text, bool ascii_only) {
    std::string result = "\"";
    visit_characters(text, [&](std::string_view piece, std::uint32_t code) {
        if (code == '"') result += "\\\"";
        else if (!short_escape(code).empty()) result += short_escape(code);
        else if (code == '\b' || code == '\f') result += code == '\b' ? "\\b" : "\\f";
        else if (code < 0x20 || (ascii_only && code >= 0x7F && code < 0x10000)) result += hex_escape('u', 4, code);
        else if (ascii_only && code >= 0x10000)
            result += hex_escape('u', 4, 0xD7C0 + (code >> 10)) + hex_escape('u', 4, 0xDC00 + (code & 0x3FF));
        else result += piece;
    });
    return result += '"';
}

class json_writer {
public:
    explicit json_writer(json_format format) : format_{std::move(format)} {}

    std::string run(const value& v) {
        write(v);
        return std::move(text_);
    }

private:
    void write(const value& v) {
        if (v.is_list_or_tuple())
            return enclose('[', v.as_sequence()->items, ']', [&](const value& item) { write(item); });
        if (const auto* dict = v.as_mapping()) return write_dict(*dict);
        if (const auto* text = v.as_text()) return grow(text_, quote_for_json(*text, format_.ascii_only));
        grow(text_, number_or_word(v, "tojson"));
    }
    static std::string number_or_word(const value& v, std::string_view what) {
        if (v.is_none()) return "null";
        if (const bool* flag = v.as_bool()) return *flag ? "true" : "false";
        if (const auto number = v.as_integer()) return std::to_string(*number);
        const double* number = v.as_real();
        if (!number) v.refuse(what);
        if (std::isnan(*number)) return "NaN";
        if (std::isinf(*number)) return *number < 0 ? "-Infinity" : "Infinity";
        return real_to_text(*number);
    }
    void write_dict(const mapping& dict) {
        const auto write_entry = [&](const std::pair<value, value>& entry) {
            const auto* name = entry.first.as_text();
            grow(text_,
                 quote_for_json(name ? *name : number_or_word(entry.first, "a key of tojson"), format_.ascii_only));
            grow(text_, format_.key_separator);
            write(entry.second);
        };
        if (!format_.sort_keys) return enclose('{', dict.entries, '}', write_entry);
        auto entries = dict.entries;
        std::stable_sort(entries.begin(), entries.end(),
                         [](const auto& a, const auto& b) { return less(a.first, b.first); });
        enclose('{', entries, '}', write_entry);
    }
    template <class Parts, class WriteOne>
    void enclose(char open, const Parts& parts, char close, WriteOne write_one) {
        grow(text_, {&open, 1});
        ++depth_;
        for (const auto& part : parts) {
            if (&part != parts.data()) grow(text_, format_.item_separator);
            new_line();
            write_one(part);
        }
        --depth_;
        if (!parts.empty()) new_line();
        grow(text_, {&close, 1});
    }
    void new_line() {
        if (!format_.indent) return;
        grow(text_, "\n");
        for (int i = 0; i < depth_; ++i) grow(text_, *format_.indent);
    }

    json_format format_;
    std::string text_;
    int depth_ = 0;
};

inline std::string to_json(const value& v, const json_format& format) { return json_writer{format}.run(v); }

}  // namespace aha::detail::jinja
