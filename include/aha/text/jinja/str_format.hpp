#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/format_spec.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// `pattern.format(given...)`, as in Python: {}, {0}, {name}, {0.attribute[item]}, {!r}, {:specification}.
class str_formatter {
public:
    /// How a field's ".name" and "[item]" are read.
    struct lookups {
        std::function<value(const value&, const std::string&)> attribute;
        std::function<value(const value&, const value&)> item;
    };

    /// `named` holds the arguments by name. With `escapes`, what is not marked as safe is escaped, as in safe text.
    str_formatter(const std::vector<value>& positional, const mapping& named, lookups look_up, bool escapes)
        : positional_{positional}, named_{named}, look_up_{std::move(look_up)}, escapes_{escapes} {}

    std::string run(std::string_view pattern) { return expand(pattern, 2); }

private:
    std::string expand(std::string_view rest, int depth) {
        if (depth < 0) problem("a format with fields inside of fields inside of fields");
        std::string text;
        while (!rest.empty()) {
            const std::size_t at = std::min(rest.find_first_of("{}"), rest.size());
            grow(text, rest.substr(0, at));
            rest.remove_prefix(at);
            if (rest.empty()) break;
            const char brace = rest.front();
            rest.remove_prefix(1);
            if (rest.starts_with(brace)) {
                grow(text, {&brace, 1});
                rest.remove_prefix(1);
            } else if (brace == '}') {
                problem("a single \"}\" in a string to format");
            } else {
                grow(text, field(take_field(rest), depth));
            }
        }
        return text;
    }

    /// The text of a field up to its closing brace, which goes too.
    static std::string_view take_field(std::string_view& rest) {
        int open = 1;
        bool in_item = false;
        bool in_specification = false;
        for (std::size_t at = 0; at < rest.size(); ++at) {
            const char c = rest[at];
            if (c == '[' && !in_specification) in_item = true;
            else if (c == ']') in_item = false;
            else if (in_item) continue;
            else if (c == ':') in_specification = true;
            else if (c == '{') ++open;
            else if (c == '}' && --open == 0) {
                const std::string_view field = rest.substr(0, at);
                rest.remove_prefix(at + 1);
                return field;
            }
        }
        problem("a \"{\" without its \"}\" in a string to format");
    }

    std::string field(std::string_view text, int depth) {
        std::size_t end = 0;
        for (bool in_item = false; end < text.size(); ++end) {
            if (text[end] == '[') in_item = true;
            if (text[end] == ']') in_item = false;
            if (!in_item && is_one_of(text[end], ":!")) break;
            if (!in_item && text[end] == '{') problem("a \"{\" in a field's name");
        }
        value found = find(text.substr(0, end));
        text.remove_prefix(end);
        if (text.starts_with('!')) {
            const char conversion = text.size() > 1 ? text[1] : '\0';
            if (!is_one_of(conversion, "rsa") || (text.size() > 2 && text[2] != ':'))
                problem("the conversion after \"!\" is none of r, s and a");
            found = conversion == 's' ? to_text(found) : to_repr(found, conversion == 'a');
            text.remove_prefix(2);
        }
        const std::string specification = text.empty() ? "" : expand(text.substr(1), depth - 1);
        if (!escapes_) return format_value(found, specification);
        if (!found.is_safe()) return escape_markup(format_value(found, specification));
        if (!specification.empty()) problem("a format of safe text is not possible");
        return *found.as_text();
    }

    value find(std::string_view name) {
        const std::size_t first = std::min(name.find_first_of(".["), name.size());
        value found = argument(name.substr(0, first), name.empty());
        for (name.remove_prefix(first); !name.empty();) {
            const bool item = name.front() == '[';
            if (!item && name.front() != '.') problem("only \".\" and \"[\" may follow \"]\" in a field's name");
            name.remove_prefix(1);
            const std::size_t end = std::min(item ? name.find(']') : name.find_first_of(".["), name.size());
            if (item && end == name.size()) problem("a \"[\" without its \"]\" in a field's name");
            const std::string part{name.substr(0, end)};
            if (part.empty()) problem("an empty attribute in a field's name");
            found = item ? look_up_.item(found, is_whole(part) ? value{number(part)} : value{part})
                         : look_up_.attribute(found, part);
            name.remove_prefix(end + (item ? 1 : 0));
        }
        return found;
    }
    value argument(std::string_view name, bool counted) {
        if (counted || is_whole(name)) {
            (counted ? counts_ : numbers_) = true;
            if (counts_ && numbers_) problem("fields with and without numbers in one format");
            const std::size_t at = counted ? next_++ : static_cast<std::size_t>(number(name));
            if (at >= positional_.size()) problem("a format has no argument number ", at);
            return positional_[at];
        }
        const value* found = named_.find_text(name);
        if (!found) problem("a format has no argument called \"", name, "\"");
        return *found;
    }
    static bool is_whole(std::string_view text) {
        return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_digit);
    }
    static std::int64_t number(std::string_view text) { return static_cast<std::int64_t>(take_size(text).value_or(0)); }

    const std::vector<value>& positional_;
    const mapping& named_;
    lookups look_up_;
    bool escapes_;
    std::size_t next_ = 0;
    bool counts_ = false, numbers_ = false;
};

}  // namespace aha::detail::jinja
