#pragma once

#include <algorithm>
#include <utility>

#include <aha/reward/last_integer.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/answer_unit.hpp>
#include <aha/reward/characters.hpp>

namespace aha::detail {

/// Where the digits that end at `end` begin.
inline std::size_t digits_begin(std::string_view text, std::size_t end) {
    while (end > 0 && is_digit(text[end - 1])) --end;
    return end;
}

/// What separates groups of three digits: commas and thin spaces as plain text and LaTeX write them, and the space.
inline constexpr std::string_view group_separators[] = {
    "{,}", ",\\!",   "\\,",    ",",      "\\;",    "\\:",    "\\ ",    "~",
    " ",   "\u00a0", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u202f"};

/// Where the whole number that ends at `end` begins, "1,234,567" read as one number: groups of three digits with one
/// separator throughout, after a first group of one to three digits that does not begin with 0. Otherwise separators
/// stand between the items of a list.
inline std::size_t whole_begin(std::string_view text, std::size_t end) {
    const std::size_t last = digits_begin(text, end);
    const std::string_view separator = ending_of(text.substr(0, last), group_separators);
    if (end - last != 3 || separator.empty()) return last;
    const auto joins = [&](std::size_t at, std::string_view mark) {
        return text.substr(0, at).ends_with(mark) && at > mark.size() && is_digit(text[at - mark.size() - 1]);
    };
    std::size_t begin = last, group_end = end;
    while (group_end - begin == 3 && joins(begin, separator)) {
        group_end = begin - separator.size();
        begin = digits_begin(text, group_end);
    }
    const bool list = joins(begin, separator) || joins(begin, ",") || joins(begin, ".");
    const bool spaced = separator == " ";  // "x2 100" and "1/2 100" are two numbers
    const bool name = spaced && begin > 0 && (is_letter(text[begin - 1]) || text[begin - 1] == '/');
    return begin != last && group_end - begin <= 3 && text[begin] != '0' && !list && !name ? begin : last;
}

/// Whether a minus sign ("-" or U+2212) ends at `end` that is a sign: one after a digit, a letter, a closing bracket or
/// another "-" subtracts or joins.
inline bool has_minus(std::string_view text, std::size_t end) {
    const std::string_view before = text.substr(0, end);
    const bool ascii = before.ends_with('-'), wide = before.ends_with("\u2212");
    if (!ascii && !wide) return false;
    const std::size_t at = end - (wide ? 3 : 1);
    if (at == 0) return true;
    const char left = text[at - 1];
    return !is_digit(left) && !is_letter(left) && left != ')' && left != ']' && left != '}' && left != '-';
}

/// A number found in running text.
struct written_number {
    std::size_t begin = 0;
    exact_number value{};
};

/// The decimal number whose last digit is before `end`; nothing for "1.2.3".
inline std::optional<written_number> decimal_before(std::string_view text, std::size_t end) {
    const auto digits = [&](std::size_t from, std::size_t to) {
        std::string all;
        for (const char c : text.substr(from, to - from))
            if (is_digit(c)) all += c;
        return all;
    };
    const std::size_t run = digits_begin(text, end);
    std::size_t begin = whole_begin(text, end);
    if (run == end || begin != run || run == 0 || text[run - 1] != '.')
        return written_number{begin, make_decimal(digits(begin, end), 0)};
    const std::string places = digits(run, end);
    const char left = run > 1 ? text[run - 2] : ' ';
    if (is_digit(left)) {
        begin = whole_begin(text, run - 1);
        if (begin > 0 && text[begin - 1] == '.') return std::nullopt;
        return written_number{begin,
                              make_decimal(digits(begin, run - 1) + places, -static_cast<std::int64_t>(places.size()))};
    }
    if (left == '.' || is_letter(left)) return written_number{run, make_decimal(places, 0)};  // "...5" and "is.5"
    return written_number{run - 1, make_decimal(places, -static_cast<std::int64_t>(places.size()))};
}

/// Where the unit begins that ends `text`: "cm", "s", "\text{ cm}"; npos if it ends otherwise.
inline std::size_t unit_begin(std::string_view text) {
    constexpr std::size_t none = std::string_view::npos;
    if (text.ends_with('}')) {
        const std::size_t open = text.rfind('{');
        if (open == none) return none;
        const std::string_view command = ending_of(text.substr(0, open), {"\\text", "\\mathrm", "\\textrm", "\\mbox"});
        return command.empty() ? none : open - command.size();
    }
    std::size_t begin = text.size();
    while (begin > 0 && is_letter(text[begin - 1])) --begin;
    const bool variable = begin > 0 && text[begin - 1] == '\\';
    return variable || unit_name(text.substr(begin)).empty() ? none : begin;
}

/// The last number written in a text, with its sign.
class last_number_reader {
public:
    explicit last_number_reader(std::string_view text) : text_{text} {}

    std::optional<exact_number> read() const {
        std::size_t end = after_last_digit(text_.size());
        for (;;) {
            if (end == 0) return std::nullopt;
            const std::size_t raised = exponent_mark(digits_begin(text_, end));
            if (raised == none) return number(end);
            if (raised > 0 && is_digit(text_[raised - 1])) return raised_number(raised, end);
            const std::size_t unit = unit_begin(text_.substr(0, raised));  // 12 cm^2 is 12, x^2 is no number
            if (unit == none) return std::nullopt;
            end = after_last_digit(unit);
        }
    }

private:
    static constexpr std::size_t none = std::string_view::npos;

    std::size_t after_last_digit(std::size_t before) const {
        const auto last = text_.substr(0, before).find_last_of("0123456789");
        return last == none ? 0 : last + 1;
    }

    /// Where the "^" is whose exponent's digits begin at `begin`.
    std::size_t exponent_mark(std::size_t begin) const {
        const std::string_view mark =
            ending_of(text_.substr(0, begin), {"^{-", "^{+", "^-", "^+", "^{\u2212", "^{", "^"});
        return mark.empty() ? none : begin - mark.size();
    }

    /// "10^3", "2^{10}" and "1.5 \times 10^3".
    std::optional<exact_number> raised_number(std::size_t raised, std::size_t end) const {
        const std::size_t begin = digits_begin(text_, end);
        const std::string_view mark = text_.substr(raised, begin - raised);
        const auto exponent =
            read_exponent(text_.substr(begin, end - begin), mark.find('-') != none || mark.find("\u2212") != none);
        const std::optional<written_number> base = decimal_before(text_, raised);
        if (!exponent || !base) return std::nullopt;
        if (base->value == make_decimal("10", 0))
            if (const std::size_t times = before_times(base->begin);
                times != none && times > 0 && is_digit(text_[times - 1])) {
                const std::optional<written_number> factor = decimal_before(text_, times);
                return factor ? checked({factor->begin, shifted(factor->value, *exponent)}, end, true) : std::nullopt;
            }
        const std::optional<exact_number> value = power(base->value, *exponent);
        return value ? checked({base->begin, *value}, end, true) : std::nullopt;
    }

    /// Where the sign of multiplication before `at` begins, spaces around it left out.
    std::size_t before_times(std::size_t at) const {
        std::string_view before = text_.substr(0, at);
        const auto trim = [&] { before = before.substr(0, before.find_last_not_of(' ') + 1); };
        trim();
        const std::string_view sign = ending_of(before, {"\\times", "\\cdot", "\u00d7", "\u00b7", "\u22c5", "*", "x"});
        if (sign.empty()) return none;
        before.remove_suffix(sign.size());
        trim();
        return before.size();
    }

    /// The number that ends at `end`, with an exponent after "e" or not.
    std::optional<exact_number> number(std::size_t end) const {
        const std::size_t begin = digits_begin(text_, end);
        const std::string_view mark = ending_of(text_.substr(0, begin), {"e-", "E-", "e+", "E+", "e", "E"});
        const std::size_t at = begin - mark.size();
        if (mark.empty() || at == 0 || !is_digit(text_[at - 1])) {
            const std::optional<written_number> found = decimal_before(text_, end);
            return found ? checked(*found, end, false) : std::nullopt;
        }
        const auto exponent = read_exponent(text_.substr(begin, end - begin), mark.ends_with('-'));
        const std::optional<written_number> factor = exponent ? decimal_before(text_, at) : std::nullopt;
        return factor ? checked({factor->begin, shifted(factor->value, *exponent)}, end, false) : std::nullopt;
    }

    /// The number with its sign and "million" after it; nothing where it is only a part of what is said.
    std::optional<exact_number> checked(written_number found, std::size_t end, bool raised) const {
        if (!stands_alone_before(found.begin) || is_argument(found.begin)) return std::nullopt;
        std::string_view after = text_.substr(end);
        if (raised && after.starts_with('}')) after.remove_prefix(1);
        if (!stands_alone_after(after)) return std::nullopt;
        after.remove_prefix(after.starts_with(' ') ? 1 : 0);
        std::size_t word = 0;
        while (word < after.size() && word < 9 && is_letter(after[word])) ++word;
        exact_number value = shifted(std::move(found.value), word_of_ten(lower_case(after.substr(0, word))));
        const std::string_view currency =
            ending_of(text_.substr(0, found.begin), {"\\$", "$", "\u20ac", "\u00a3", "\u00a5", "\u20b9"});
        const bool minus = has_minus(text_, found.begin) || has_minus(text_, found.begin - currency.size());
        value.negative = minus && !value.digits.empty();
        return value;
    }

    /// Not the second part of "1/2", "x / 2", "3:4", "a_1", "\frac12" or "\sqrt2".
    bool stands_alone_before(std::size_t begin) const {
        std::string_view before = text_.substr(0, begin);
        if (before.ends_with('_') || before.ends_with("_{")) return false;
        if (before.ends_with('}') && is_command_argument(before)) return false;  // \frac{1}2
        if (before.ends_with(':') && before.size() > 1 && is_digit(before[before.size() - 2])) return false;
        before = before.substr(0, before.find_last_not_of(' ') + 1);
        if (!ending_of(before, {"\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\sqrt", "\\sqrt[", "\u221a"}).empty())
            return false;
        if (!before.ends_with('/')) return true;
        before.remove_suffix(1);
        before = before.substr(0, before.find_last_not_of(' ') + 1);
        const char left = before.empty() ? ' ' : before.back();
        return !is_digit(left) && !is_letter(left) && left != ')' && left != '}';
    }

    /// Not the first part of "5^n", "2x", "3\sqrt{x}" or "2\pi".
    static bool stands_alone_after(std::string_view after) {
        if (after.starts_with('^')) {
            for (const std::string_view degrees : {"^\\circ", "^{\\circ}", "^\u00b0"})
                if (after.starts_with(degrees)) return true;
            return false;
        }
        if (after.starts_with('_')) return false;
        const bool variable = !after.empty() && is_letter(after[0]) && (after.size() == 1 || !is_letter(after[1]));
        if (variable && unit_name(after.substr(0, 1)).empty()) return false;
        after.remove_prefix(std::min(after.find_first_not_of(' '), after.size()));
        if (after.starts_with("\u03c0") || after.starts_with("\u221a")) return false;
        if (!after.starts_with('\\')) return true;
        std::size_t size = 1;
        while (size < after.size() && is_letter(after[size])) ++size;
        const std::string_view name = after.substr(1, size - 1);
        return !is_mathematical_word(name) && !is_word_of(name, "frac dfrac tfrac cfrac");
    }

    /// Whether `at` is inside the braces of `\frac`, `\sqrt`, an exponent or an index.
    bool is_argument(std::size_t at) const {
        std::size_t depth = 0;
        for (std::size_t open = at; open-- > 0;) {
            const bool escaped = open > 0 && text_[open - 1] == '\\';
            if (text_[open] == '}' && !escaped) ++depth;
            if (text_[open] != '{' || escaped) continue;
            if (depth > 0) {
                --depth;
                continue;
            }
            if (is_command_argument(text_.substr(0, open))) return true;
        }
        return false;
    }

    static bool is_command_argument(std::string_view before) {
        if (before.ends_with('}')) {  // perhaps the second argument of \frac
            std::size_t depth = 0, open = before.size();
            while (open-- > 0) {
                if (before[open] == '}') ++depth;
                else if (before[open] == '{' && --depth == 0) break;
            }
            if (open >= before.size()) return false;
            before = before.substr(0, open);
        } else if (before.size() > 1 && is_digit(before.back())) {  // \frac1{2}
            before.remove_suffix(1);
        } else if (before.ends_with('^') || before.ends_with('_') || before.ends_with(']')) {
            return true;
        }
        return !ending_of(before,
                          {"\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\sqrt", "\\binom", "\\dbinom", "\\tbinom"})
                    .empty();
    }

    std::string_view text_;
};

}  // namespace aha::detail

namespace aha {

AHA_INLINE found_integer last_integer(std::string_view text) {
    const std::optional<detail::exact_number> number = detail::last_number_reader{text}.read();
    return found_integer{number ? detail::integer_of(*number) : std::nullopt};
}

}  // namespace aha
