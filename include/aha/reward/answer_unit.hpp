#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aha/reward/answer_text.hpp>
#include <aha/reward/characters.hpp>

namespace aha::detail {

/// The spellings of one unit, the first of them its name.
inline constexpr std::string_view unit_spellings[] = {"m meter meters metre metres",
                                                      "cm centimeter centimeters centimetre centimetres",
                                                      "mm millimeter millimeters millimetre millimetres",
                                                      "km kilometer kilometers kilometre kilometres",
                                                      "in inch inches",
                                                      "ft foot feet",
                                                      "yd yard yards",
                                                      "mi mile miles",
                                                      "g gram grams",
                                                      "kg kgs kilogram kilograms",
                                                      "mg milligram milligrams",
                                                      "lb lbs",
                                                      "oz ounce ounces",
                                                      "s sec secs second seconds",
                                                      "ms millisecond milliseconds",
                                                      "min mins minute minutes",
                                                      "h hr hrs hour hours",
                                                      "day days",
                                                      "week weeks wk",
                                                      "month months",
                                                      "year years yr yrs",
                                                      "L l liter liters litre litres",
                                                      "mL ml milliliter milliliters",
                                                      "$ dollar dollars USD usd",
                                                      "cent cents \u00a2",
                                                      "\u20ac euro euros EUR eur",
                                                      "\u00b0 degree degrees deg",
                                                      "mph",
                                                      "kph",
                                                      "kmh",
                                                      "Hz",
                                                      "kHz",
                                                      "MHz",
                                                      "kW",
                                                      "kWh",
                                                      "Pa",
                                                      "kPa",
                                                      "mol",
                                                      "sq",
                                                      "cu",
                                                      "pts",
                                                      "rad",
                                                      "W",
                                                      "J",
                                                      "V"};

/// The name of the unit that `word` spells; empty if it is none of those known.
inline std::string_view unit_name(std::string_view word) {
    for (const std::string_view spellings : unit_spellings)
        if (is_word_of(word, spellings)) return spellings.substr(0, spellings.find(' '));
    return {};
}

/// The power of ten that a word multiplies by; 0 if it is no such word.
inline std::int64_t word_of_ten(std::string_view word) {
    if (word == "hundred") return 2;
    if (word == "thousand") return 3;
    if (word == "million") return 6;
    if (word == "billion") return 9;
    return word == "trillion" ? 12 : 0;
}

/// Whether a word names a function or a number, so that beside a number it is part of a formula.
inline bool is_mathematical_word(std::string_view lower) {
    return is_word_of(lower,
                      "sin cos tan sec csc cot arcsin arccos arctan log ln lg exp sqrt cbrt abs root pi phi tau theta "
                      "alpha beta gamma delta epsilon lambda sigma omega mod gcd lcm max infinity infty inf i e mid");
}

/// Whether a word after a number says another number, or that it is not this one.
inline bool changes_number(std::string_view lower) {
    return is_mathematical_word(lower) ||
           is_word_of(
               lower,
               "or and to through until versus vs plus minus times over divided multiplied squared cubed factorial "
               "half halves third thirds quarter quarters fourth fourths fifth fifths sixth sixths seventh sevenths "
               "eighth eighths ninth ninths tenth tenths hundredth hundredths thousandth thousandths hundreds "
               "thousands millions billions dozen dozens score zero one two three four five six seven eight nine ten "
               "eleven twelve twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion "
               "trillion point power prime not no never isn wrong incorrect false except but if unless is are was "
               "were because since when where base binary octal decimal hex modulo choose remainder more less fewer "
               "least most than up down negative positive below above percent approximately roughly then else "
               "otherwise short off fold mil kilo giga");
}

/// What follows a number.
struct number_ending {
    std::string unit{};              ///< its name, where it is one that is known
    std::int64_t powers_of_ten = 0;  ///< of "million" and its like
    bool percent = false;
};

/// Reads the whole of what stands after a number as its unit: "cm", "\text{ cm}^2", "km/h", "apples", "%", "million
/// dollars". Nothing where it is something else: a number alone is then not what was said. A single letter without
/// `\text` is a variable unless it is the unit of length, mass, time or the like and stands apart.
class unit_reader {
public:
    static std::optional<number_ending> read(std::string_view rest) {
        unit_reader one{rest};
        if (!one.all()) return std::nullopt;
        return one.found_;
    }

private:
    explicit unit_reader(std::string_view rest) : rest_{rest} {}

    bool all() {
        bool apart = skip();
        if (rest_.empty()) return true;
        if (take("%")) return found_.percent = true, only_marks();
        if (take("\u00a2") || take("\u20ac")) return only_marks();
        if (apart) scale();
        bool divided = false;
        for (int words = 0; words <= 8; ++words) {
            apart = skip() || apart;
            if (rest_.empty()) return !divided;
            if (take("\u00b0")) {
                if (words == 0) found_.unit = "\u00b0";
                skip();
                if (rest_.starts_with('C') || rest_.starts_with('F')) rest_.remove_prefix(1);
                return only_marks();
            }
            // "$5/hour", but neither 5/x nor 5/m
            const bool rate = words == 0 && rest_.size() > 2 && is_letter(rest_[2]) &&
                              (is_letter(rest_[1]) || rest_[1] == answer_speller::text_begin);
            if (!divided && (((words > 0 || rate) && take("/")) || (words > 0 && take("\u00b7")))) {
                divided = true;
                skip();
                apart = true;
            }
            if (!word(words == 0, apart, divided)) return false;
            apart = divided = false;
        }
        return false;
    }

    /// "million" and its like, and "percent", at the front.
    void scale() {
        const std::string_view said = letters();
        const std::string lower = lower_case(said);
        const bool per_cent = lower == "per" && rest_.substr(3).starts_with(" cent") && rest_.size() == 8;
        found_.powers_of_ten = word_of_ten(lower);
        found_.percent = per_cent || lower == "percent";
        if (found_.percent || found_.powers_of_ten != 0) rest_.remove_prefix(per_cent ? 8 : said.size());
    }

    std::string_view letters() const {
        std::size_t size = 0;
        while (size < rest_.size() && is_letter(rest_[size])) ++size;
        return rest_.substr(0, size);
    }

    /// Goes past spaces and the marks of text; true if there were any, or if what comes is text.
    bool skip() {
        const std::size_t before = rest_.size();
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == answer_speller::text_begin) ++depth_;
            else if (c == answer_speller::text_end) depth_ -= depth_ > 0 ? 1 : 0;
            else if (c != ' ' &&
                     !(c == '.' && (rest_.size() == 1 || rest_[1] == ' ' || rest_[1] == answer_speller::text_end)))
                break;
            rest_.remove_prefix(1);
        }
        return rest_.size() != before;
    }

    bool only_marks() {
        skip();
        return rest_.empty();
    }

    bool take(std::string_view sign) {
        if (!rest_.starts_with(sign)) return false;
        rest_.remove_prefix(sign.size());
        return true;
    }

    /// One word of a unit, with its exponent.
    /// @param apart from what stands before it
    /// @param divided it is what the unit is divided or multiplied by
    bool word(bool first, bool apart, bool divided) {
        const std::string_view said = letters();
        const std::string lower = lower_case(said);
        const std::string_view name = unit_name(said).empty() ? unit_name(lower) : unit_name(said);
        const bool known = !name.empty() && (said != "in" || apart);
        rest_.remove_prefix(said.size());
        if (!known && changes_number(lower)) return false;
        switch (said.size()) {
            case 0: return false;
            case 1: {
                const bool unit = is_word_of(said, "m g s h L W J V") && apart;
                if (!unit && !(depth_ > 0 && known) && (first || (lower != "a" && depth_ == 0))) return false;
                break;
            }
            case 2:
                if (!known && (first || divided)) return false;
                break;
            default:
                if (!known && (!apart || (said.size() == 3 && !is_plausible(lower)))) return false;
        }
        if (first) found_.unit = known ? name : std::string_view{};
        return exponent(known || depth_ > 0 || is_word_of(lower, "unit units"));
    }

    /// Whether three letters are rather a word than a product.
    static bool is_plausible(std::string_view lower) {
        return lower.find_first_of("aeiou") != std::string_view::npos &&
               lower.find_first_not_of("abcdxyz") != std::string_view::npos;
    }

    /// "^2", "^3" or "^{-1}" after a unit.
    bool exponent(bool allowed) {
        while (rest_.starts_with(answer_speller::text_end)) rest_.remove_prefix(1), depth_ -= depth_ > 0 ? 1 : 0;
        for (const std::string_view raised : {"^{2}", "^{3}", "^{-1}", "^{-2}"})
            if (take(raised)) {
                if (!found_.unit.empty()) found_.unit += raised;
                return allowed;
            }
        return !rest_.starts_with('^') && !rest_.starts_with('_');
    }

    std::string_view rest_;
    number_ending found_;
    int depth_ = 0;  ///< of texts that are open
};

}  // namespace aha::detail
