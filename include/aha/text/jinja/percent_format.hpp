#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/format_spec.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// `pattern % given`, as in Python: %(key)s of a dict, else the items of a tuple, else one value.
class percent_formatter {
public:
    /// With `escapes`, texts that are not marked as safe are escaped, as in safe text.
    percent_formatter(std::string_view pattern, const value& given, bool escapes)
        : rest_{pattern}, given_{given}, escapes_{escapes} {}

    std::string run() {
        for (std::size_t at; (at = rest_.find('%')) != std::string_view::npos;) {
            grow(text_, rest_.substr(0, at));
            rest_.remove_prefix(at + 1);
            one();
        }
        grow(text_, rest_);
        if (!is_container() && used_ < available()) problem("not all arguments of \"%\" are used by the string");
        return std::move(text_);
    }

private:
    const std::vector<value>* tuple() const {
        return given_.is_row(sequence::kind::tuple) ? &given_.as_sequence()->items : nullptr;
    }
    std::size_t available() const { return tuple() ? tuple()->size() : 1; }
    /// What Python takes for a mapping here: it may have more than the string uses.
    bool is_container() const {
        return given_.as_mapping() || given_.is_row(sequence::kind::list) || given_.is_row(sequence::kind::range) ||
               given_.is_undefined();
    }
    const value& next() {
        if (used_ >= available()) problem("not enough arguments for the string before \"%\"");
        return tuple() ? (*tuple())[used_++] : (++used_, given_);
    }
    char take() {
        if (rest_.empty()) problem("an incomplete format at the end of the string before \"%\"");
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    void one() {
        value keyed;
        bool has_key = false;
        if (rest_.starts_with('(')) {
            keyed = item_by_key();
            has_key = true;
            used_ = available();
        }
        format_spec spec;
        bool left = false;
        for (; !rest_.empty() && is_one_of(rest_.front(), "#0- +"); rest_.remove_prefix(1)) {
            const char flag = rest_.front();
            if (flag == '#') spec.alternate = true;
            if (flag == '0') spec.zero_filled = true;
            if (flag == '-') left = true;
            if (flag == '+' || (flag == ' ' && spec.sign != '+')) spec.sign = flag;
        }
        if (const auto width = size(); width && *width < 0) left = true, spec.width = static_cast<std::size_t>(-*width);
        else if (width) spec.width = static_cast<std::size_t>(*width);
        if (rest_.starts_with('.')) {
            rest_.remove_prefix(1);
            spec.precision = static_cast<std::size_t>(std::max<std::int64_t>(0, size().value_or(0)));
        }
        if (!rest_.empty() && is_one_of(rest_.front(), "hlL")) rest_.remove_prefix(1);
        spec.type = take();
        if (left) spec.align = '<';
        if (spec.type == '%') return grow(text_, "%");
        grow(text_, converted(has_key ? keyed : next(), spec));
    }
    value item_by_key() {
        std::size_t depth = 0, end = 0;
        for (; end < rest_.size(); ++end) {
            if (rest_[end] == '(') ++depth;
            if (rest_[end] == ')' && --depth == 0) break;
        }
        if (end == rest_.size()) problem("an incomplete key in the string before \"%\"");
        const std::string_view key = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        const auto* dict = given_.as_mapping();
        if (!dict) given_.refuse("the key " + quote_for_repr(key) + " in the string before \"%\"");
        const value* found = dict->find_text(key);
        if (!found) problem("the dict after \"%\" has no key ", quote_for_repr(key));
        return *found;
    }
    /// A width or precision: digits, or * for the next argument.
    std::optional<std::int64_t> size() {
        if (!rest_.starts_with('*')) {
            const auto digits = take_size(rest_);
            return digits ? std::optional{static_cast<std::int64_t>(*digits)} : std::nullopt;
        }
        rest_.remove_prefix(1);
        const value& given = next();
        const std::int64_t number = need_integer(given, "* in the string before \"%\"");
        if (std::abs(static_cast<double>(number)) > static_cast<double>(longest_text))
            problem("a format asks for a text of more than ", longest_text, " bytes");
        return number;
    }

    std::string converted(const value& v, format_spec spec) const {
        const char align = spec.align == '\0' ? '>' : spec.align;
        switch (spec.type) {
            case 's': return words(v.is_safe() || !escapes_ ? to_text(v) : escape_markup(to_text(v)), spec, align);
            case 'r':
            case 'a': {
                const std::string text = to_repr(v, spec.type == 'a');
                return words(escapes_ ? escape_markup(text) : text, spec, align);
            }
            case 'c': return words(character(v), spec, align);
            case 'd':
            case 'i':
            case 'u':
            case 'o':
            case 'x':
            case 'X': return whole(v, spec);
            case 'e':
            case 'E':
            case 'f':
            case 'F':
            case 'g':
            case 'G': {
                if (!v.as_number()) v.refuse(std::string{"the format %"} + spec.type);
                spec.zero_filled = spec.zero_filled && spec.align == '\0';
                if (spec.zero_filled) spec.fill = "0";
                return finish_number(real_parts(*v.as_number(), spec), spec);
            }
            default: problem("the format \"%", spec.type, "\" is not known");
        }
    }
    static std::string words(const std::string& text, const format_spec& spec, char align) {
        format_spec plain;
        plain.precision = spec.precision;
        return pad(format_text(text, plain), spec.width, " ", align);
    }
    static std::string character(const value& v) {
        if (v.as_text() && count_characters(*v.as_text()) == 1) return *v.as_text();
        const auto code = v.as_text() ? std::int64_t{-1} : need_integer(v, "the format %c");
        if (code < 0 || code > 0x10FFFF) problem("the format %c takes one character or its number");
        return utf8::encode(static_cast<char32_t>(code));
    }
    static std::string whole(const value& v, format_spec spec) {
        const bool decimal = is_one_of(spec.type, "diu");
        if (!v.as_integer() && !(decimal && v.as_real())) v.refuse(std::string{"the format %"} + spec.type);
        if (!v.as_integer() && !(std::fabs(*v.as_real()) < 9e18)) problem("a number over 2^63");
        const std::int64_t number = v.as_integer() ? *v.as_integer() : static_cast<std::int64_t>(*v.as_real());
        auto parts = whole_parts(number, decimal ? 'd' : spec.type, spec.alternate, spec.sign);
        if (spec.precision) parts.digits = group_digits(parts.digits, '\0', 0, *spec.precision);
        spec.zero_filled = spec.zero_filled && spec.align == '\0';
        return finish_number(parts, spec);
    }

    std::string_view rest_;
    const value& given_;
    bool escapes_;
    std::size_t used_ = 0;
    std::string text_;
};

inline std::string format_percent(std::string_view pattern, const value& given, bool escapes = false) {
    return percent_formatter{pattern, given, escapes}.run();
}

}  // namespace aha::detail::jinja
