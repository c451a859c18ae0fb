#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/reward/answer_text.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/exact_number.hpp>
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

}  // namespace aha::detail
