#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <aha/text/jinja/arguments.hpp>
#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/format_spec.hpp>
#include <aha/text/jinja/letters.hpp>
#include <aha/text/jinja/operators.hpp>
#include <aha/text/jinja/text_functions.hpp>
#include <aha/text/jinja/value.hpp>

/// Jinja's filters of numbers.
namespace aha::detail::jinja::filters {

using in = const value&;
using many = const arguments&;

/// `digits` without the underscores that Python allows between digits; nothing if one stands elsewhere.
inline std::optional<std::string> without_underscores(std::string_view digits) {
    std::string plain;
    for (std::size_t at = 0; at < digits.size(); ++at) {
        const auto is_digit_at = [&](std::size_t i) {
            return i < digits.size() && (is_ascii_digit(digits[i]) || is_ascii_letter(digits[i]));
        };
        if (digits[at] != '_') plain += digits[at];
        else if (at == 0 || !is_digit_at(at - 1) || !is_digit_at(at + 1)) return std::nullopt;
    }
    return plain;
}

/// int(text, base); nothing if the text is no such number.
inline std::optional<std::int64_t> read_whole(std::string_view text, std::int64_t base) {
    if (base != 0 && (base < 2 || base > 36)) return std::nullopt;
    std::string_view digits = trim_left(trim_right(text));
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    const char letter = digits.size() > 1 && digits[0] == '0' ? ascii_lower(digits[1]) : '\0';
    const std::int64_t named = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (named != 0 && (base == named || base == 0)) {
        digits.remove_prefix(2);
        if (digits.starts_with('_')) digits.remove_prefix(1);
        base = named;
    } else if (base == 0) {
        if (digits.starts_with('0') && digits.find_first_not_of("0_") != std::string_view::npos) return std::nullopt;
        base = 10;
    }
    const auto plain = without_underscores(digits);
    if (!plain || plain->empty() || plain->front() == '-') return std::nullopt;
    const std::string signed_digits = (negative ? "-" : "") + *plain;
    const char* const end = signed_digits.data() + signed_digits.size();
    std::int64_t whole = 0;
    const auto read = std::from_chars(signed_digits.data(), end, whole, static_cast<int>(base));
    if (read.ptr != end || read.ec == std::errc::invalid_argument) return std::nullopt;
    if (read.ec != std::errc{}) problem("a number over 2^63");
    return whole;
}

/// float(text); nothing if the text is no number.
inline std::optional<double> read_real(std::string_view text) {
    std::string_view digits = trim_left(trim_right(text));
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    const auto plain = without_underscores(digits);
    if (!plain || plain->find('(') != std::string::npos) return std::nullopt;
    double number = 0;
    const char* const end = plain->data() + plain->size();
    const auto read = std::from_chars(plain->data(), end, number);
    if (read.ptr != end || read.ec == std::errc::invalid_argument) return std::nullopt;
    if (read.ec == std::errc{}) return number;
    return std::strtod(plain->c_str(), nullptr);  // too large or too small: infinity or zero, as in Python
}

inline value integer(in v, many a) {
    const auto given = a.bind({"default", "base"});
    if (v.is_undefined()) v.refuse("the filter int");
    if (v.as_text()) a.spend(v.as_text()->size());
    if (const auto number = v.as_integer()) return *number;
    if (v.as_text())
        if (const auto whole =
                read_whole(with_ascii_digits(*v.as_text()), given[1] ? need_integer(*given[1], "int's base") : 10))
            return *whole;
    const auto real = v.as_text() ? read_real(with_ascii_digits(*v.as_text())) : v.as_number();
    if (!real || !std::isfinite(*real)) return given[0].value_or(std::int64_t{0});
    if (std::fabs(*real) >= 9e18) problem("a number over 2^63");
    return static_cast<std::int64_t>(*real);
}

inline value real(in v, many a) {
    const auto given = a.bind({"default"});
    if (v.is_undefined()) v.refuse("the filter float");
    if (v.as_text()) a.spend(v.as_text()->size());
    const auto number = v.as_text() ? read_real(with_ascii_digits(*v.as_text())) : v.as_number();
    return number ? value{*number} : given[0].value_or(0.0);
}

inline value absolute(in v, many a) {
    a.take(0, 0);
    if (const auto number = v.as_integer())
        return *number < 0 ? compute("-", std::int64_t{0}, *number) : value{*number};
    if (const double* number = v.as_real()) return std::fabs(*number);
    v.refuse("the filter abs");
}

/// `number` to the nearest multiple of 10^digits, the even one of two as near; `digits` is 1 at least.
inline double round_to_tens(double number, std::size_t digits) {
    if (digits > 309) return std::copysign(0.0, number);
    const std::string exact = print_real(std::fabs(number), std::chars_format::fixed, 1100, false);
    const std::size_t point = exact.find('.');
    const std::string all = std::string(digits, '0') + exact;  // so that there is a digit before the cut
    const std::size_t cut = point;
    const std::string_view tail = std::string_view{all}.substr(cut);
    const bool tie = tail[0] == '5' && tail.find_first_not_of("0.", 1) == std::string_view::npos;
    const bool up = tie ? cut > 0 && (all[cut - 1] - '0') % 2 == 1 : tail[0] >= '5';
    std::string head = "0" + all.substr(0, cut);
    if (up) {
        std::size_t at = head.size() - 1;
        for (; head[at] == '9'; --at) head[at] = '0';
        ++head[at];
    }
    return std::copysign(std::strtod((head + "e" + std::to_string(digits)).c_str(), nullptr), number);
}

inline value rounded(in v, many a) {
    const auto given = a.bind({"precision", "method"});
    const std::string method = given[1] ? need_text(*given[1], "round's method") : "common";
    if (method != "common" && method != "ceil" && method != "floor")
        problem("round's method is common, ceil or floor, not ", quote_for_repr(method));
    const std::int64_t digits =
        std::clamp<std::int64_t>(given[0] ? need_integer(*given[0], "round's precision") : 0, -400, 400);
    if (!v.as_number()) v.refuse("the filter round");
    if (method != "common") {
        const double power = std::pow(10.0, static_cast<double>(digits));
        const double scaled = *v.as_number() * power;
        if (!std::isfinite(scaled)) problem("the filter round of a number that is not finite");
        return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / power;
    }
    if (const auto whole = v.as_integer()) {
        if (digits >= 0) return *whole;
        if (digits < -18) return std::int64_t{0};
        const std::int64_t unit = whole::whole_power(10, -digits);
        const std::int64_t below = whole::floor_divide(*whole, unit), rest = *whole - below * unit;
        const bool up = rest > unit - rest || (rest == unit - rest && below % 2 != 0);
        return compute("*", up ? below + 1 : below, unit);
    }
    const double number = *v.as_real();
    if (!std::isfinite(number) || digits > 323) return number;
    if (digits < 0) return round_to_tens(number, static_cast<std::size_t>(-digits));
    return std::strtod(print_real(number, std::chars_format::fixed, static_cast<std::size_t>(digits), false).c_str(),
                       nullptr);
}

inline value file_size(in v, many a) {
    const auto given = a.bind({"binary"});
    const bool binary = is_on(given[0]);
    const auto bytes = v.as_text() ? read_real(with_ascii_digits(*v.as_text())) : v.as_number();
    if (!bytes || !std::isfinite(*bytes)) v.refuse("the filter filesizeformat");
    const double base = binary ? 1024 : 1000;
    if (*bytes == 1) return "1 Byte";
    if (*bytes < base) return std::to_string(static_cast<std::int64_t>(std::max(*bytes, -9e18))) + " Bytes";
    double unit = base;
    std::string_view prefixes = binary ? "KMGTPEZY" : "kMGTPEZY";
    for (; prefixes.size() > 1 && *bytes >= unit * base; prefixes.remove_prefix(1)) unit *= base;
    std::string text = print_real(base * *bytes / (unit * base), std::chars_format::fixed, 1, false);
    return ((text += ' ') += prefixes.front()) += binary ? "iB" : "B";
}

}  // namespace aha::detail::jinja::filters
