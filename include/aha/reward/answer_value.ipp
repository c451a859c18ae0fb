#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <aha/reward/answer_value.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/answer_text.hpp>
#include <aha/reward/answer_unit.hpp>
#include <aha/reward/arithmetic_expression.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/rational.hpp>

namespace aha::detail {

/// Reads the number at the front of a spelled answer.
class number_reader {
public:
    explicit number_reader(std::string_view text) : rest_{text} {}

    std::string_view rest() const { return rest_; }
    const std::string& currency() const { return currency_; }

    /// [sign] [currency] [sign] magnitude; the magnitude a decimal number, a power, a fraction or a mixed number.
    std::optional<exact_number> signed_number() {
        bool negative = false, has_sign = false;
        sign(negative, has_sign);
        for (const std::string_view mark : {"US$", "$", "\u20ac", "\u00a3", "\u00a5", "\u20b9"})
            if (currency_.empty() && take(mark)) currency_ = mark == "US$" ? "$" : mark;
        if (!currency_.empty()) skip(), sign(negative, has_sign);
        std::optional<exact_number> number = magnitude();
        if (number && negative && !number->digits.empty()) number->negative = !number->negative;
        return number;
    }

private:
    void skip() {
        while (rest_.starts_with(' ') || rest_.starts_with(answer_speller::text_begin) ||
               (rest_.starts_with(answer_speller::text_end)))
            rest_.remove_prefix(1);
    }

    bool take(std::string_view sign) {
        if (!rest_.starts_with(sign)) return false;
        rest_.remove_prefix(sign.size());
        return true;
    }

    void sign(bool& negative, bool& has_sign) {
        skip();
        if (has_sign || (!rest_.starts_with('-') && !rest_.starts_with('+'))) return;
        negative = rest_.front() == '-';
        has_sign = true;
        rest_.remove_prefix(1);
        skip();
    }

    std::string_view digits() {
        std::size_t size = 0;
        while (size < rest_.size() && is_digit(rest_[size])) ++size;
        const std::string_view found = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return found;
    }

    /// Digits, in groups of three or not, with decimal places or not; `grouped` by spaces is said.
    std::optional<exact_number> decimal(bool* spaced = nullptr) {
        std::string all{digits()};
        const bool may_group = !all.empty() && all.size() <= 3 && all.front() != '0';
        for (const std::string_view separator : {",", " ", "'", "\u2019"}) {
            const auto group_follows = [&] {
                const std::string_view next = rest_.substr(std::min(separator.size(), rest_.size()));
                return rest_.starts_with(separator) && next.size() >= 3 && is_digit(next[0]) && is_digit(next[1]) &&
                       is_digit(next[2]) && (next.size() == 3 || !is_digit(next[3]));
            };
            if (!may_group || !group_follows()) continue;
            if (spaced != nullptr) *spaced = separator == " ";
            for (; group_follows(); rest_.remove_prefix(separator.size() + 3)) all += rest_.substr(separator.size(), 3);
            break;
        }
        std::int64_t places = 0;
        if (rest_.size() > 1 && rest_[0] == '.' && is_digit(rest_[1])) {
            rest_.remove_prefix(1);
            const std::string_view after = digits();
            places = static_cast<std::int64_t>(after.size());
            all += after;
        } else if (rest_.starts_with('.') && !all.empty() && (rest_.size() == 1 || rest_[1] == ' ')) {
            rest_.remove_prefix(1);  // "5. cm"
        }
        if (all.empty()) return std::nullopt;
        return make_decimal(std::move(all), -places);
    }

    /// The exponent in "{-3}" or, without braces, "-3".
    std::optional<std::int64_t> exponent(bool braces) {
        if (braces && !take("{")) return std::nullopt;
        if (braces) skip();
        const bool negative = take("-");
        if (!negative) take("+");
        const std::string_view said = digits();
        if (braces) skip();
        if (said.empty() || (braces && !take("}"))) return std::nullopt;
        return read_exponent(said, negative);
    }

    /// "\times 10^{3}" after a decimal number, the sign any that multiplies.
    bool takes_power_of_ten() {
        std::string_view next = rest_;
        next.remove_prefix(next.starts_with(' ') ? 1 : 0);
        for (const std::string_view times : {"\u00d7", "\u00b7", "*", "x", "X"}) {
            if (!next.starts_with(times)) continue;
            next.remove_prefix(times.size());
            next.remove_prefix(next.starts_with(' ') ? 1 : 0);
            if (!next.starts_with("10^")) return false;
            rest_ = next.substr(3);
            return true;
        }
        return false;
    }

    std::optional<exact_number> magnitude() {
        if (rest_.starts_with("\\frac{")) return fraction();
        bool spaced = false;
        const std::string_view begin = rest_;
        std::optional<exact_number> first = decimal(&spaced);
        if (!first) return std::nullopt;
        const bool whole =
            begin.substr(0, begin.size() - rest_.size()).find_first_not_of("0123456789") == std::string_view::npos;
        if (rest_.size() > 1 && (rest_[0] == 'e' || rest_[0] == 'E') &&
            (is_digit(rest_[1]) || ((rest_[1] == '-' || rest_[1] == '+') && rest_.size() > 2 && is_digit(rest_[2])))) {
            rest_.remove_prefix(1);
            const std::optional<std::int64_t> places = exponent(false);
            return places ? std::optional{shifted(*first, *places)} : std::nullopt;
        }
        if (takes_power_of_ten()) {
            const std::optional<std::int64_t> places = exponent(true);
            return places ? std::optional{shifted(*first, *places)} : std::nullopt;
        }
        if (take("^")) {
            const std::optional<std::int64_t> raised = exponent(true);
            return raised ? power(*first, *raised) : std::nullopt;
        }
        const std::string_view after = rest_;
        skip();
        if (rest_.starts_with('/') && rest_.find_first_of("0123456789.") == rest_.find_first_not_of("/ ")) {
            take("/");
            skip();
            bool again = false;
            const std::optional<exact_number> under = decimal(&again);
            return under && !spaced && !again ? quotient(*first, *under) : std::nullopt;
        }
        if (whole && (rest_.starts_with("\\frac{") || (after.starts_with(' ') && !rest_.empty() && is_digit(rest_[0]))))
            return mixed(*first);
        rest_ = after;
        return first;
    }

    /// What follows a whole number as the fraction of a mixed number, below 1; otherwise it would be a product or two
    /// numbers.
    std::optional<exact_number> mixed(const exact_number& whole) {
        std::optional<exact_number> part;
        if (rest_.starts_with("\\frac{")) {
            part = fraction();
        } else {
            const std::string_view over = digits();
            skip();
            if (over.empty() || !take("/")) return std::nullopt;
            skip();
            const std::string_view under = digits();
            if (under.empty()) return std::nullopt;
            part = quotient(make_decimal(std::string{over}, 0), make_decimal(std::string{under}, 0));
        }
        const std::optional<rational> low = part ? rational_of(*part) : std::nullopt, high = rational_of(whole);
        if (!low || !high || low->over <= 0 || low->over >= low->under) return std::nullopt;
        const std::optional<rational> sum = joined(*high, '+', *low);
        return sum ? std::optional{make_exact(*sum)} : std::nullopt;
    }

    static std::optional<exact_number> quotient(const exact_number& over, const exact_number& under) {
        const std::optional<rational> a = rational_of(over), b = rational_of(under);
        const std::optional<rational> both = a && b ? joined(*a, '/', *b) : std::nullopt;
        return both ? std::optional{make_exact(*both)} : std::nullopt;
    }

    /// "\frac{-1}{2}".
    std::optional<exact_number> fraction() {
        take("\\frac");
        const std::optional<exact_number> over = in_braces(), under = over ? in_braces() : std::nullopt;
        return under ? quotient(*over, *under) : std::nullopt;
    }

    std::optional<exact_number> in_braces() {
        if (!take("{")) return std::nullopt;
        skip();
        const bool negative = take("-");
        skip();
        std::optional<exact_number> number = decimal();
        skip();
        if (!number || !take("}")) return std::nullopt;
        if (negative && !number->digits.empty()) number->negative = true;
        return number;
    }

    std::string_view rest_;
    std::string currency_;
};

AHA_INLINE std::string answer_value::key() const {
    if (!number) return "t" + text;
    return (number->negative ? "-" : "+") + number->digits + 'e' + std::to_string(number->exponent) + '/' +
           std::to_string(number->under);
}

/// Reads an answer.
class answer_reader {
public:
    static answer_value read(std::string_view text) {
        const std::string spelled = answer_speller::spell(text);
        answer_value value;
        std::string_view all = bare_answer(spelled);
        if (all.find('=') != std::string_view::npos && all.find(',') == std::string_view::npos)  // "(x = 5)"
            if (take_off(all, '(', ')')) all = bare_answer(all);
        if (const auto equals = all.rfind('='); equals != std::string_view::npos) {
            const std::string_view said = all.substr(equals + 1);
            if (is_variable(all.substr(0, equals))) {
                value.name = variable(all.substr(0, equals));
                all = said;
            } else if (number(said, value) && sides_agree(all.substr(0, equals), value)) {
                return value.text = comparable_text(all), value;
            } else {
                value.number.reset();
                return value.text = comparable_text(all), value;
            }
        }
        value.text = comparable_text(all);
        if (number(all, value)) return value;
        for (const std::string_view verb : {" is ", " are ", " equals ", ":"})
            if (const auto at = all.rfind(verb); at != std::string_view::npos)
                if (is_lead_in(all.substr(0, at)) && number(after_marks(all.substr(at + verb.size())), value))
                    return value;
        return value;
    }

private:
    /// Without the "**" that closes what stands before, "**Answer:** 5".
    static std::string_view after_marks(std::string_view text) {
        text.remove_prefix(std::min(text.find_first_not_of(" *"), text.size()));
        return text;
    }

    /// The number that all of `text` is.
    static bool number(std::string_view text, answer_value& value) {
        std::string_view all = bare_answer(text);
        bool brackets = false;
        for (int layer = 0; layer < 16 && take_off(all, '(', ')'); ++layer) brackets = true, all = bare_answer(all);
        number_reader reader{all};
        value.number = reader.signed_number();
        if (!value.number) return false;
        const std::string_view said = all.substr(0, all.size() - reader.rest().size());
        const std::optional<number_ending> ending = unit_reader::read(reader.rest());
        // (1,234) is a point, and "1/2 million" would be two steps of a calculation
        if (!ending || (brackets && said.find(',') != std::string_view::npos) ||
            (!reader.currency().empty() && ending->percent)) {
            value.number.reset();
            return false;
        }
        value.number = shifted(std::move(*value.number), ending->powers_of_ten);
        value.unit = reader.currency().empty() ? ending->unit : reader.currency();
        value.percent = ending->percent;
        return true;
    }

    /// "x", "x_{1}", "AB", "\theta", "f(2)", or words that deny nothing: "The total cost".
    static bool is_variable(std::string_view text) {
        text = bare_answer(text);
        if (text.empty()) return true;  // "= 5"
        if (text.find_first_of(",*") != std::string_view::npos) return false;
        for (const std::string_view angle : {"m\\angle ", "\\angle "})
            if (text.starts_with(angle)) text.remove_prefix(angle.size());
        if (text.starts_with('\\')) {
            std::size_t size = 1;
            while (size < text.size() && is_letter(text[size])) ++size;
            return size == text.size() &&
                   is_word_of(text.substr(1), "alpha beta gamma delta theta lambda mu phi rho sigma tau omega");
        }
        if (const auto low = text.find("_{"); low != std::string_view::npos && low > 0 && text.ends_with('}')) {
            const std::string_view index = text.substr(low + 2, text.size() - low - 3);
            if (!std::all_of(index.begin(), index.end(), [](char c) { return is_letter(c) || is_digit(c); }))
                return false;
            text = text.substr(0, low);
        }
        if (text.size() > 3 && is_letter(text[0]) && text[1] == '(' && text.ends_with(')')) {
            const std::string_view of = text.substr(2, text.size() - 3);
            return std::all_of(of.begin(), of.end(), [](char c) { return is_letter(c) || is_digit(c); });
        }
        return is_lead_in(text);
    }

    /// The name of a variable or of a function's value, which a word such as "Answer" is not.
    static std::string variable(std::string_view text) {
        std::string name = comparable_text(text);
        const bool word = name.size() > 1 && is_letter(name[1]);
        return word && name[0] != '\\' ? std::string{} : name;
    }

    /// Words that lead to the answer: letters alone, and none that denies, compares or computes.
    static bool is_lead_in(std::string_view text) {
        std::size_t words = 0;
        for (std::size_t at = 0; at < text.size();) {
            std::size_t end = at;
            while (end < text.size() && is_letter(text[end])) ++end;
            const std::string word = lower_case(text.substr(at, end - at));
            if (end > at &&
                (++words > 12 || (word.size() > 1 && is_mathematical_word(word)) ||
                 is_word_of(word,
                            "not no never neither nor cannot isn wrong incorrect if unless or than least most "
                            "about approximately between either")))
                return false;
            const std::string_view mark = text.substr(end, 1);
            if (!mark.empty() && std::string_view{" *\x01\x02,"}.find(mark[0]) == std::string_view::npos) return false;
            at = end + 1;
        }
        return words > 0;
    }

    /// Whether what stands before the last "=" says the same number: names, numbers and sums that are right.
    static bool sides_agree(std::string_view sides, const answer_value& value) {
        for (;;) {
            const auto equals = sides.rfind('=');
            const std::string_view side = equals == std::string_view::npos ? sides : sides.substr(equals + 1);
            answer_value other;
            if (!is_variable(side) && !(number(side, other) && other.number == value.number)) {
                std::string plain;
                for (const char c : side)
                    if (c == '\xb7' && plain.ends_with('\xc2'))
                        plain.back() = '*';  // the second byte of the sign for a product
                    else if (c != '$') plain += c;
                const std::optional<arithmetic_expression> sum = parse_arithmetic(plain);
                if (!sum || !sum->value || make_exact(*sum->value) != value.number) return false;
            }
            if (equals == std::string_view::npos) return true;
            sides = sides.substr(0, equals);
        }
    }
};

AHA_INLINE answer_value read_answer(std::string_view text) { return answer_reader::read(text); }

/// Whether a number is between -1 and 1.
inline bool is_below_one(const exact_number& number) {
    if (number.under == 1) return static_cast<std::int64_t>(number.digits.size()) + number.exponent <= 0;
    const std::optional<rational> fraction = rational_of(number);
    return fraction && (fraction->over < 0 ? -fraction->over : fraction->over) < fraction->under;
}

AHA_INLINE std::string_view final_answer(std::string_view reference) {
    constexpr std::string_view mark = "####";
    const auto at = reference.rfind(mark);
    return at == std::string_view::npos ? reference : reference.substr(at + mark.size());
}

AHA_INLINE bool same_answer(const answer_value& reference, const answer_value& given) {
    const bool names = reference.name.empty() || given.name.empty() || reference.name == given.name;
    if (!names) return false;
    if (!reference.number || !given.number) return !reference.number && !given.number && reference.text == given.text;
    const exact_number &a = *reference.number, &b = *given.number;
    if (!reference.unit.empty() && !given.unit.empty() && reference.unit != given.unit) return false;
    if (reference.percent == given.percent) return a == b;
    if (reference.percent) return a == b || shifted(a, -2) == b;
    return shifted(b, -2) == a || (!is_below_one(a) && a == b);  // a reference below 1 is a share: 0.5% is not 0.5
}

}  // namespace aha::detail
