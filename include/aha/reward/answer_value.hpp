#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/reward/answer_text.hpp>
#include <aha/reward/answer_unit.hpp>
#include <aha/reward/arithmetic_expression.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/exact_number.hpp>
#include <aha/reward/number_reader.hpp>
#include <aha/reward/rational.hpp>

namespace aha::detail {

/// What an answer says, all of it.
struct answer_value {
    std::optional<exact_number> number{};  ///< nothing: it is no number
    std::string unit{};                    ///< of the number, where it is one that is known
    bool percent = false;                  ///< the number has a percent sign, which is not applied to it
    std::string name{};                    ///< the variable that the answer is assigned to, "x" in "x = 5"
    std::string text{};                    ///< the answer as text in one spelling, without the name

    /// What two answers that are the same have in common; for votes.
    std::string key() const {
        if (!number) return "t" + text;
        return (number->negative ? "-" : "+") + number->digits + 'e' + std::to_string(number->exponent) + '/' +
               std::to_string(number->under);
    }
};

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

/// What all of `text` says as an answer: a number if it is one, else text. Linear time.
inline answer_value read_answer(std::string_view text) { return answer_reader::read(text); }

/// Whether a number is between -1 and 1.
inline bool is_below_one(const exact_number& number) {
    if (number.under == 1) return static_cast<std::int64_t>(number.digits.size()) + number.exponent <= 0;
    const std::optional<rational> fraction = rational_of(number);
    return fraction && (fraction->over < 0 ? -fraction->over : fraction->over) < fraction->under;
}

/// The answer of a reference text: what follows the last "####", where GSM8K has its answer, else all of it.
inline std::string_view final_answer(std::string_view reference) {
    constexpr std::string_view mark = "####";
    const auto at = reference.rfind(mark);
    return at == std::string_view::npos ? reference : reference.substr(at + mark.size());
}

/// Whether an answer says what the reference says: numbers by their exact value, other answers as text in one spelling.
/// Names and units that only one of them has are left out. A percent sign divides by 100; but data sets leave it out
/// where a percentage is asked for, so that 50% is also the reference 50, and 50 the reference 50%.
inline bool same_answer(const answer_value& reference, const answer_value& given) {
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
