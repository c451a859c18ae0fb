#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/print.hpp>
#include <aha/text/jinja/value.hpp>

/// Python's format specifications ("{:>8.2f}"), and the numbers that they and "%8.2f" write.
namespace aha::detail::jinja {

/// A number on its way to text: what is padded between.
struct number_parts {
    std::string sign;    ///< "-", "+", " " or nothing
    std::string prefix;  ///< "0x" and its like
    std::string digits;  ///< what is grouped
    std::string rest;    ///< what follows the whole digits
};

/// What a format says: [[fill]align][sign][z][#][0][width][grouping][.precision][type].
struct format_spec {
    std::string fill = " ";
    char align = '\0';  ///< one of < > = ^; none: the type's own
    char sign = '-';
    bool no_negative_zero = false;
    bool alternate = false;
    bool zero_filled = false;
    std::size_t width = 0;
    char grouping = '\0';
    std::optional<std::size_t> precision{};
    char type = '\0';
};

inline bool is_one_of(char c, std::string_view set) { return c != '\0' && set.find(c) != std::string_view::npos; }

/// Reads a number of at most `longest_text` off the front of `text`.
inline std::optional<std::size_t> take_size(std::string_view& text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return std::nullopt;
    std::size_t size = 0;
    for (const char c : text.substr(0, digits))
        size = std::min(size * 10 + static_cast<std::size_t>(c - '0'), longest_text + 1);
    text.remove_prefix(digits);
    if (size > longest_text) problem("a format asks for a text of more than ", longest_text, " bytes");
    return size;
}

inline format_spec parse_format_spec(std::string_view text) {
    const std::string_view whole = text;
    format_spec spec;
    const auto peek = [&](std::size_t at = 0) { return at < text.size() ? text[at] : '\0'; };
    const auto skip = [&](std::string_view set) {
        if (!is_one_of(peek(), set)) return '\0';
        const char taken = text.front();
        text.remove_prefix(1);
        return taken;
    };
    bool filled = false;
    if (const std::size_t first = character_at(text, 0).size; first > 0 && is_one_of(peek(first), "<>=^")) {
        spec.fill = text.substr(0, first);
        spec.align = peek(first);
        text.remove_prefix(first + 1);
        filled = true;
    } else {
        spec.align = skip("<>=^");
    }
    if (const char sign = skip("+- ")) spec.sign = sign;
    spec.no_negative_zero = skip("z") != '\0';
    spec.alternate = skip("#") != '\0';
    if (!filled && skip("0") != '\0') spec.zero_filled = true;
    if (spec.zero_filled) spec.fill = "0";
    if (const auto width = take_size(text)) spec.width = *width;
    spec.grouping = skip(",_");
    if (skip(".") != '\0') {
        spec.precision = take_size(text);
        if (!spec.precision) problem("the format ", quote_for_repr(whole), " has no precision after its point");
    }
    if (text.size() > 1) problem("the format ", quote_for_repr(whole), " is not valid");
    if (!text.empty()) spec.type = text.front();
    return spec;
}

/// A text of `width` characters at least, filled at the side or sides that `align` leaves.
inline std::string pad(std::string_view text, std::size_t width, std::string_view fill, char align) {
    const std::size_t size = count_characters(text);
    const std::size_t missing = width > size ? width - size : 0;
    const std::size_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    std::string padded;
    grow(padded, fill, left);
    grow(padded, text);
    grow(padded, fill, missing - left);
    return padded;
}

/// `digits` with a separator after every `size` of them from the right, led by zeros up to `width` characters.
inline std::string group_digits(const std::string& digits, char separator, std::size_t size, std::size_t width) {
    std::string reversed;
    std::size_t in_group = 0;
    const auto put = [&](char digit) {
        if (separator != '\0' && in_group == size) {
            reversed += separator;
            in_group = 0;
        }
        reversed += digit;
        ++in_group;
    };
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) put(*digit);
    while (reversed.size() < width) put('0');
    return {reversed.rbegin(), reversed.rend()};
}

/// The number as the specification wants it.
inline std::string finish_number(const number_parts& parts, const format_spec& spec) {
    const bool zeros = spec.zero_filled && spec.align == '\0';
    const std::size_t group = is_one_of(spec.type, "boxX") ? 4 : 3;
    const std::size_t others = parts.sign.size() + parts.prefix.size() + parts.rest.size();
    const bool zero_led = (zeros || (spec.align == '=' && spec.fill == "0")) && spec.width > others;
    const std::string digits = group_digits(parts.digits, spec.grouping, group, zero_led ? spec.width - others : 0);
    const std::string front = parts.sign + parts.prefix;
    if (spec.align == '=' && !zero_led) {
        const std::size_t size = others + digits.size();
        std::string text = front;
        grow(text, spec.fill, spec.width > size ? spec.width - size : 0);
        return text + digits + parts.rest;
    }
    if (zero_led) return front + digits + parts.rest;
    return pad(front + digits + parts.rest, spec.width, spec.fill, spec.align == '\0' ? '>' : spec.align);
}

inline std::string sign_of(bool negative, char wanted) {
    return negative ? "-" : wanted == '-' ? "" : std::string{wanted};
}

/// An int in the base of `type` (d, n, b, o, x, X).
inline number_parts whole_parts(std::int64_t number, char type, bool alternate, char sign) {
    const unsigned base = type == 'b' ? 2 : type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
    std::uint64_t rest = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    std::string digits;
    do digits += (type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base];
    while ((rest /= base) > 0);
    std::reverse(digits.begin(), digits.end());
    return {sign_of(number < 0, sign), alternate && base != 10 ? std::string{'0', type} : "", std::move(digits), ""};
}

/// A float of type e or f with `precision` digits after the point.
inline std::string print_real(double number, std::chars_format format, std::size_t precision, bool keeps_point) {
    std::string text(precision + 400, '\0');
    const auto written =
        std::to_chars(text.data(), text.data() + text.size(), number, format, static_cast<int>(precision));
    text.resize(static_cast<std::size_t>(written.ptr - text.data()));
    if (keeps_point && precision == 0 && std::isfinite(number)) text.insert(std::min(text.find('e'), text.size()), ".");
    return text;
}

/// A float of type g: `precision` digits in all, with an exponent where it is under -4 or from `limit` on.
inline std::string print_general(double number, std::size_t precision, int limit, bool keeps_zeros) {
    precision = std::max<std::size_t>(precision, 1);
    std::string text = print_real(number, std::chars_format::scientific, precision - 1, keeps_zeros);
    if (!std::isfinite(number)) return text;
    const int exponent = std::stoi(text.substr(text.find('e') + 1));
    if (exponent >= -4 && exponent < limit)
        text =
            print_real(number, std::chars_format::fixed,
                       static_cast<std::size_t>(std::max(0, static_cast<int>(precision) - 1 - exponent)), keeps_zeros);
    const std::size_t mark = std::min(text.find('e'), text.size());
    if (keeps_zeros || text.find('.') == std::string::npos) return text;
    std::size_t last = text.find_last_not_of('0', mark - 1);
    if (text[last] == '.') --last;
    return text.erase(last + 1, mark - last - 1);
}

/// A float by type (e, f, g, n, %, their capitals; none: as g, but so that it still reads as a float) and precision.
inline number_parts real_parts(double number, const format_spec& spec) {
    const bool capital = is_one_of(spec.type, "EFG");
    const char type = spec.type == 'n'   ? 'g'
                      : spec.type == '%' ? 'f'
                      : capital          ? static_cast<char>(spec.type + ('a' - 'A'))
                                         : spec.type;
    if (spec.type == '%') number *= 100;
    std::string text;
    const double size = std::fabs(number);
    const std::size_t precision = spec.precision.value_or(6);
    const int digits = static_cast<int>(std::max<std::size_t>(precision, 1));
    if (type == '\0' && !spec.precision) text = real_to_text(size);
    else if (type == '\0') text = print_general(size, precision, digits - 1, spec.alternate);
    else if (type == 'g') text = print_general(size, precision, digits, spec.alternate);
    else
        text = print_real(size, type == 'e' ? std::chars_format::scientific : std::chars_format::fixed, precision,
                          spec.alternate);
    if (type == '\0' && std::isfinite(number) && text.find_first_of(".e") == std::string::npos) text += ".0";
    if (capital) std::transform(text.begin(), text.end(), text.begin(), ascii_upper);
    bool negative = std::signbit(number) && !std::isnan(number);
    if (spec.no_negative_zero && text.find_first_of("123456789i") == std::string::npos) negative = false;
    const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
    std::string rest = text.substr(whole) + (spec.type == '%' ? "%" : "");
    return {sign_of(negative, spec.sign), "", text.substr(0, whole), std::move(rest)};
}

inline std::string format_text(std::string_view text, const format_spec& spec) {
    if (spec.type != '\0' && spec.type != 's') problem("the format type '", spec.type, "' is not one of a string");
    if (spec.sign != '-' || spec.alternate || spec.align == '=' || spec.grouping != '\0' || spec.no_negative_zero)
        problem("a sign, #, =, z or grouping is not possible in the format of a string");
    if (spec.precision) {
        const auto pieces = characters(text);
        if (*spec.precision < pieces.size())
            text = text.substr(0, static_cast<std::size_t>(pieces[*spec.precision].data() - text.data()));
    }
    return pad(text, spec.width, spec.fill, spec.align == '\0' ? '<' : spec.align);
}

inline std::string format_whole(std::int64_t number, const format_spec& spec) {
    if (is_one_of(spec.type, "eEfFgG%")) return finish_number(real_parts(static_cast<double>(number), spec), spec);
    if (spec.precision || spec.no_negative_zero) problem("a precision or z is not possible in the format of an int");
    if (spec.type == 'c') {
        if (spec.sign != '-' || spec.alternate || spec.grouping != '\0' || number < 0 || number > 0x10FFFF)
            problem("the format type 'c' is not possible for ", number, " and these flags");
        return pad(utf8::encode(static_cast<char32_t>(number)), spec.width, spec.fill,
                   spec.align == '\0' ? '<' : spec.align);
    }
    if (spec.type != '\0' && !is_one_of(spec.type, "dnboxX"))
        problem("the format type '", spec.type, "' is not one of an int");
    if ((spec.grouping == ',' && is_one_of(spec.type, "boxX")) || (spec.grouping != '\0' && spec.type == 'n'))
        problem("grouping by '", spec.grouping, "' is not possible with the format type '", spec.type, "'");
    return finish_number(whole_parts(number, spec.type, spec.alternate, spec.sign), spec);
}

/// format(v, spec).
inline std::string format_value(const value& v, std::string_view text) {
    if (text.empty()) return to_text(v);
    if (!v.as_text() && !v.as_number()) v.refuse("a format such as " + quote_for_repr(text.substr(0, 40)));
    const format_spec spec = parse_format_spec(text);
    if (v.as_text()) return format_text(*v.as_text(), spec);
    if (v.as_integer()) return format_whole(*v.as_integer(), spec);
    if (spec.type != '\0' && !is_one_of(spec.type, "eEfFgGn%"))
        problem("the format type '", spec.type, "' is not one of a float");
    if (spec.grouping != '\0' && spec.type == 'n') problem("grouping is not possible with the format type 'n'");
    return finish_number(real_parts(*v.as_real(), spec), spec);
}

}  // namespace aha::detail::jinja
