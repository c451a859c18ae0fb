#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <aha/reward/math/reader.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/answer_tag.hpp>
#include <aha/reward/answer_unit.hpp>
#include <aha/reward/answer_value.hpp>
#include <aha/reward/math/expression.hpp>
#include <aha/reward/math/formula_parser.hpp>
#include <aha/reward/math/lexer.hpp>
#include <aha/reward/math/parser.hpp>
#include <aha/reward/math/trailing_units.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha::math {

namespace detail {

/// An answer while it is read.
struct found_answer {
    std::optional<expression> value{};
    std::string unit{}, text{};
};

inline math_answer finished(found_answer one) {
    math_answer done{.unit = std::move(one.unit), .text = std::move(one.text)};
    if (one.value) done.value = std::make_shared<const expression>(std::move(*one.value));
    return done;
}

found_answer whole_answer(std::string_view text, bool as_math_verify);

/// A formula in one spelling: its tokens side by side, with `spaces` where white space stands between them.
AHA_INLINE std::string spelled(std::string_view formula, bool spaces) {
    std::string all;
    std::vector<token> tokens = tokens_of(formula, {.as_math_verify = spaces});
    if (spaces) tokens = without_units(std::move(tokens), !formula.empty() && is_blank(formula.back()));
    for (const token& one : tokens) {
        const bool apart = one.spaced && (spaces || one.kind == token_kind::number || one.kind == token_kind::word);
        if ((one.kind == token_kind::text || apart) && !all.empty()) all += ' ';
        if (one.kind == token_kind::command) all += '\\';
        all += one.text;
    }
    while (!spaces && !all.empty() && (all.back() == '.' || all.back() == ' ' || all.back() == ',')) all.pop_back();
    return all;
}

/// The last side of a chain of equations that is no list; all of it if there are fewer than three sides.
AHA_INLINE std::string_view last_side(std::string_view formula) {
    if (formula.find_first_of(",;") != std::string_view::npos) return formula;
    std::size_t sides = 1, last = 0;
    for (std::size_t i = 0; i < formula.size(); ++i)
        if (formula[i] == '=' && (i == 0 || std::string_view{"\\<!>"}.find(formula[i - 1]) == std::string_view::npos))
            ++sides, last = i + 1;
    return sides > 2 ? formula.substr(last) : formula;
}

AHA_INLINE std::optional<expression> parse_or_last_side(std::string_view formula, bool as_math_verify) {
    const parser_options options{.as_math_verify = as_math_verify};
    if (std::optional<expression> one = parse_formula(formula, options)) return one;
    const std::string_view last = last_side(formula);
    return last.size() == formula.size() ? std::nullopt : parse_formula(last, options);
}

/// The value of a number as the library's other readers have it; nothing for one of more than 400 digits.
AHA_INLINE std::optional<expression> expression_of(const aha::detail::exact_number& one) {
    if (one.exponent > 400 || one.exponent < -400 || one.digits.size() > 400) return std::nullopt;
    whole over{one.digits.empty() ? "0" : one.digits}, under{one.under};
    const whole shift = pow(whole{10}, static_cast<unsigned>(one.exponent < 0 ? -one.exponent : one.exponent));
    (one.exponent < 0 ? under : over) *= shift;
    fraction value{over, under};
    if (one.negative) value = -value;
    return number(value, one.exponent < 0 && one.under == 1);
}

/// Whether a text is a word or several and no formula.
AHA_INLINE bool is_words(std::string_view text) {
    if (text.empty() || text.size() > 400) return false;
    std::size_t letters = 0, longest = 0, run = 0;
    bool vowel = false;
    for (const char c : text) {
        const bool letter = aha::detail::is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
        if (std::string_view{"\\^_=<>{}+*/|$"}.find(c) != std::string_view::npos) return false;
        letters += letter ? 1 : 0;
        run = letter ? run + 1 : 0;
        longest = std::max(longest, run);
        vowel = vowel || std::string_view{"aeiouAEIOU"}.find(c) != std::string_view::npos;
    }
    return longest >= 3 && vowel && letters * 2 > text.size();
}

AHA_INLINE std::string squeezed(std::string_view text) {
    std::string all;
    for (const char c : text) {
        if (is_blank(c) || c == '"' || c == '*') {
            if (!all.empty() && all.back() != ' ') all += ' ';
        } else {
            all += c;
        }
    }
    while (!all.empty() && (all.back() == ' ' || all.back() == '.' || all.back() == ',')) all.pop_back();
    return all;
}

/// Takes the unit off the end of tokens: \text{...} or a word of a unit, with an exponent or without. The name of the
/// unit if it is known.
AHA_INLINE std::string take_unit(std::vector<token>& tokens) {
    std::size_t end = tokens.size() - 1;
    std::string power;
    while (end > 0 && tokens[end - 1].is(".")) --end;
    if (end >= 3 && tokens[end - 1].kind == token_kind::number && tokens[end - 2].is("^")) {
        power = tokens[end - 1].text;
        end -= 2;
    } else if (end >= 5 && tokens[end - 1].is("}") && tokens[end - 3].is("{") && tokens[end - 4].is("^")) {
        power = tokens[end - 2].text;
        end -= 4;
    }
    if (end < 2) return {};
    const token& last = tokens[end - 1];
    const token& before = tokens[end - 2];
    if (before.kind == token_kind::relation || before.is("+") || before.is("-") || before.is(",") || before.is("^") ||
        before.is("_") || before.is("(") || before.is("{") || before.is("*") || before.is("/"))
        return {};
    const std::string lower = aha::detail::lower_case(last.text);
    std::string_view name = aha::detail::unit_name(last.text);
    if (name.empty()) name = aha::detail::unit_name(lower);
    const bool text = last.kind == token_kind::text && last.text.find(',') == std::string::npos &&
                      !aha::detail::changes_number(lower);
    const bool word = last.kind == token_kind::word && last.text.size() > 1 && last.spaced && !name.empty();
    if (!text && !word) return {};
    std::string unit{name};
    if (!unit.empty() && !power.empty()) unit += "^{" + power + "}";
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(end) - 1, tokens.end() - 1);
    return unit.empty() ? " " : unit;
}

AHA_INLINE bool balanced(std::string_view text) {
    int depth = 0;
    for (const char c : text) {
        if (c == '(') ++depth;
        if (c == ')' && --depth < 0) return false;
    }
    return depth == 0;
}

/// Whether plain arithmetic is what Python would read: no factors side by side.
AHA_INLINE bool has_signs_between(std::string_view text) {
    char before = '\0';
    bool gap = false;
    if (!balanced(text)) return false;
    for (const char c : text) {
        if (is_blank(c)) {
            gap = true;
            continue;
        }
        const bool digit = aha::detail::is_digit(c) || c == '.',
                   was_digit = aha::detail::is_digit(before) || before == '.';
        if (static_cast<unsigned char>(c) >= 0x80) return false;
        if ((digit && was_digit && gap) || (c == '(' && (was_digit || before == ')')) || (digit && before == ')'))
            return false;
        before = c;
        gap = false;
    }
    return aha::detail::is_digit(before) || before == ')' || before == '.';
}

AHA_INLINE expression of_percent(expression one) {
    if (one.is(form::percent)) return one;
    std::vector<expression> parts;
    parts.push_back(std::move(one));
    return made_of(form::percent, std::move(parts));
}

/// Several formulas that "and" joins as one list.
AHA_INLINE expression list_of(std::vector<expression> all) {
    std::vector<expression> parts;
    for (expression& one : all) {
        if (one.is(form::list) || one.is(form::set))
            for (expression& part : one.parts) parts.push_back(std::move(part));
        else parts.push_back(std::move(one));
    }
    return made_of(form::list, std::move(parts), ",");
}

/// Reads the answer of a text.
class answer_reader {
public:
    answer_reader(std::string_view text, const extraction_options& options) : text_{text}, options_{options} {}

    found_answer read() const {
        if (!options_.as_math_verify)
            if (std::optional<found_answer> whole = plain_whole()) return std::move(*whole);
        found_answer first;
        bool tried = false;
        for (const int priority : place_priorities(options_)) {
            if (!options_.as_math_verify && priority == 100)
                if (std::optional<found_answer> rest = rest_of_sentence()) return std::move(*rest);
            for (const answer_place& place : answer_places(text_, priority, options_)) {
                found_answer one = at(place);
                if (first.text.empty()) first.text = one.text;
                tried = true;
                if (one.value || place.kind == answer_place::content::words) {
                    if (options_.fallback == fallback_mode::first_match) one.text = first.text;
                    else if (one.value) one.text.clear();
                    return one;
                }
                if (options_.extraction == extraction_mode::first_match) break;
            }
            if (tried && options_.extraction == extraction_mode::first_match) break;
        }
        if (options_.fallback == fallback_mode::none) return {};
        if (first.text.empty() && !options_.as_math_verify && options_.latex) {
            const std::string said = squeezed(text_);
            if (said.size() <= 400 && text_.find("\\boxed") == std::string_view::npos) {
                first.text = said;
                if (is_words(said)) first.value = named(form::text, said);
            }
        }
        return first;
    }

private:
    bool has(std::string_view part) const { return text_.find(part) != std::string_view::npos; }

    /// A text without dollar signs, boxes and "answer" that is a formula or a number as a whole.
    std::optional<found_answer> plain_whole() const {
        if (!options_.latex || !options_.strings.empty() || !options_.without_anchor) return std::nullopt;
        if (text_.size() > 2000 || has("\\boxed") || has("\\fbox") || has("\\(") || has("\\[")) return std::nullopt;
        const std::size_t dollar = text_.find('$');
        if (dollar != std::string_view::npos && text_.find('$', dollar + 1) != std::string_view::npos)
            return std::nullopt;
        return without_prose(aha::detail::trimmed(text_));
    }

    /// A text that is a formula, a number or one word.
    static std::optional<found_answer> without_prose(std::string_view said) {
        if (said.empty() || said.find('\n') != std::string_view::npos) return std::nullopt;
        found_answer one = whole_answer(said, false);
        if (!one.value) return std::nullopt;
        if (one.value->is(form::text)) {
            if (one.value->name.find(' ') == std::string::npos) return one;
            return std::nullopt;
        }
        // words that were read as products of letters
        for (const token& each : tokens_of(said))
            if (each.kind == token_kind::word && each.text.size() > 2 && !is_function_name(each.text) &&
                each.text != "and" && each.text != "sqrt" && each.text != "infinity" && each.text != "inf" &&
                one.unit.empty() && !one.value->is(form::number) && !one.value->is(form::percent))
                return std::nullopt;
        return one;
    }

    /// What follows the last "answer is" or "answer:" up to the end of the sentence.
    std::optional<found_answer> rest_of_sentence() const {
        if (!options_.latex || !options_.expressions || !options_.strings.empty()) return std::nullopt;
        const std::string lower = aha::detail::lower_case(text_);
        std::size_t begin = std::string::npos;
        for (const std::string_view anchor : {"answer is:", "answer is", "answer:", "answer =", "answer is **"})
            if (const std::size_t found = lower.rfind(anchor); found != std::string::npos)
                if (begin == std::string::npos || found + anchor.size() > begin) begin = found + anchor.size();
        if (begin == std::string::npos) return std::nullopt;
        std::string_view rest = text_.substr(begin);
        while (!rest.empty() && (is_blank(rest.front()) || rest.front() == '*' || rest.front() == ':'))
            rest.remove_prefix(1);
        rest = rest.substr(0, rest.find('\n'));
        for (std::size_t i = 0; i + 1 < rest.size(); ++i)
            if (rest[i] == '.' && (is_blank(rest[i + 1]) || rest[i + 1] == '*')) {
                rest = rest.substr(0, i);
                break;
            }
        while (!rest.empty() && (is_blank(rest.back()) || rest.back() == '*' || rest.back() == '.'))
            rest.remove_suffix(1);
        const std::size_t dollar = rest.find('$');
        if (rest.empty() || (dollar != std::string_view::npos && rest.find('$', dollar + 1) != std::string_view::npos))
            return std::nullopt;
        if (rest.find("\\(") != std::string_view::npos || rest.find("\\[") != std::string_view::npos)
            return std::nullopt;
        return without_prose(rest);
    }

    found_answer at(const answer_place& place) const {
        using content = answer_place::content;
        found_answer one;
        if (place.kind == content::words) {
            one.text = place.texts.front();
            return one;
        }
        if (place.kind == content::number) return number_at(place);
        if (place.kind == content::arithmetic) {
            one.text = place.texts.front();
            if (!options_.as_math_verify) {
                one.value = whole_answer(one.text, false).value;
            } else if (has_signs_between(one.text)) {
                std::string_view sum = aha::detail::trimmed(one.text);
                if (sum.ends_with('.')) sum.remove_suffix(1);
                one.value = parse_formula(sum, {.as_math_verify = true});
            }
            return one;
        }
        std::vector<expression> all;
        bool failed = false;
        for (std::size_t i = 0; i < place.texts.size(); ++i) {
            const std::string inside = boxed_content(place.texts[i], !options_.as_math_verify);
            found_answer each = whole_answer(inside, options_.as_math_verify);
            one.text += (i > 0 ? " and " : "") + each.text;
            if (!each.value) failed = true;
            else all.push_back(place.percent[i] ? of_percent(std::move(*each.value)) : std::move(*each.value));
            if (i == 0) one.unit = each.unit;
        }
        if (!failed && all.size() > 1) one.value = list_of(std::move(all));
        else if (!failed || (options_.as_math_verify && !all.empty() && place.texts.size() > 1))
            one.value = all.front();
        return one;
    }

    found_answer number_at(const answer_place& place) const {
        found_answer one;
        one.text = place.texts.front();
        std::string digits = one.text;
        const bool negative = digits.starts_with('-');
        if (negative) digits.erase(0, 1);
        if (digits.size() > 400) return one;
        expression value = number_of(digits);
        if (negative && !options_.as_math_verify) value = negated(std::move(value));
        else if (negative) value.value = -value.value;
        if (!options_.as_math_verify) {  // "1e5", "3.5 million", "5 cm"
            std::size_t end = place.end;
            std::string_view rest = text_.substr(end, 40);
            std::size_t stop = 0;
            while (stop < rest.size() && rest[stop] != '\n' && rest[stop] != ',' && rest[stop] != ';' &&
                   !(rest[stop] == '.' && (stop + 1 == rest.size() || is_blank(rest[stop + 1]))))
                ++stop;
            for (std::string_view tail = rest.substr(0, stop); !tail.empty();) {
                const aha::detail::answer_value said = aha::detail::read_answer(one.text + std::string{tail});
                if (said.number)
                    if (std::optional<expression> better = expression_of(*said.number)) {
                        one.value = said.percent ? of_percent(std::move(*better)) : std::move(*better);
                        one.unit = said.unit;
                        return one;
                    }
                const std::size_t space = tail.rfind(' ');
                if (space == std::string_view::npos || space == 0) break;
                tail = tail.substr(0, space);
            }
        }
        one.value = place.percent.front() ? of_percent(std::move(value)) : std::move(value);
        return one;
    }

    std::string_view text_;
    extraction_options options_;
};

AHA_INLINE found_answer whole_answer(std::string_view text, bool as_math_verify) {
    found_answer one;
    one.text = spelled(text, as_math_verify);
    if (as_math_verify) {
        one.value = parse_or_last_side(text, true);
        return one;
    }
    const std::string_view said = aha::detail::trimmed(text);
    const bool equation = said.find('=') != std::string_view::npos;
    const aha::detail::answer_value plain = equation ? aha::detail::answer_value{} : aha::detail::read_answer(said);
    if (plain.number) {
        if (std::optional<expression> value = expression_of(*plain.number)) {
            value->decimal = value->decimal && said.find('.') != std::string_view::npos;
            one.value = plain.percent ? of_percent(std::move(*value)) : std::move(*value);
            one.unit = plain.unit;
            return one;
        }
    }
    if (is_words(said)) {
        one.value = named(form::text, squeezed(said));
        return one;
    }
    if (said.starts_with('~')) return one;  // about
    std::vector<token> tokens = tokens_of(said);
    if (tokens.size() > 4000) return one;
    std::string unit = take_unit(tokens);
    if (!unit.empty()) {
        try {
            one.value = formula_parser{std::move(tokens), {}}.all();
            one.unit = unit == " " ? "" : unit;
            return one;
        } catch (const unreadable&) {
        }
    }
    one.value = parse_or_last_side(said, false);
    if (one.value && said.front() == '[' && !is_collection(*one.value) && said.find(']') == said.size() - 1) {
        expression inside = std::move(*one.value);  // [5] is no number
        one.value = made_of(form::tuple, {std::move(inside)}, "[]");
    }
    if (one.value && one.value->is(form::apply) && one.value->name == "degrees") {
        expression inside = std::move(one.value->parts.front());
        one.value = std::move(inside);
        one.unit = "\u00b0";
    }
    return one;
}

}  // namespace detail

AHA_INLINE math_answer read_whole(std::string_view text, bool as_math_verify) {
    return detail::finished(detail::whole_answer(text, as_math_verify));
}

AHA_INLINE std::string to_text(const math_answer& one) {
    if (!one.value) return one.text;
    return to_text(*one.value) + (one.unit.empty() ? "" : " " + one.unit);
}

AHA_INLINE math_answer read_math(std::string_view text, const extraction_options& options) {
    options.validate();
    constexpr std::size_t most = 200'000;  // of a longer text the end
    if (!options.as_math_verify) {
        if (const std::optional<std::string> tagged = answer_tag(text)) {
            if (!tagged->empty()) return detail::finished(detail::answer_reader{*tagged, options}.read());
        }
        text = aha::detail::final_answer(text);  // GSM8K's ####
    }
    return detail::finished(
        detail::answer_reader{text.size() > most ? text.substr(text.size() - most) : text, options}.read());
}

}  // namespace aha::math
