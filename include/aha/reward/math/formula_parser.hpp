#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/reward/math/expression.hpp>
#include <aha/reward/math/lexer.hpp>
#include <aha/reward/math/names.hpp>
#include <aha/reward/math/parser_options.hpp>
#include <aha/reward/math/plus_minus.hpp>

namespace aha::math::detail {

/// Thrown within the parser where a formula cannot be read, and caught there.
struct unreadable {};

/// A number of the lexer's digits.
expression number_of(std::string_view digits);

/// Reads the tokens of one formula by recursive descent. Lists hold elements, elements are relations, their sides
/// unions, then sums, products, powers.
class formula_parser {
public:
    formula_parser(std::vector<token> tokens, const parser_options& options)
        : tokens_{std::move(tokens)}, options_{options} {}

    expression all() {
        expression one = elements("", true);
        if (!options_.as_math_verify && (at_sign(".") || at_sign(",") || at_sign(";"))) ++at_;
        if (now().kind != token_kind::end) throw unreadable{};
        return one;
    }

private:
    static constexpr int deepest = 60;

    /// Counts how deep the parser is, for as long as it lives.
    struct level {
        explicit level(formula_parser& parser) : parser_{parser} {
            if (++parser_.depth_ > deepest) throw unreadable{};
        }
        ~level() { --parser_.depth_; }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        formula_parser& parser_;
    };

    const token& now(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    bool at_sign(std::string_view sign) const { return now().is(sign); }
    bool at_command(std::string_view name) const { return now().is_command(name); }
    bool take_sign(std::string_view sign) { return at_sign(sign) ? (++at_, true) : false; }
    bool take_command(std::string_view name) { return at_command(name) ? (++at_, true) : false; }
    void expect(std::string_view sign) {
        if (!take_sign(sign)) throw unreadable{};
    }

    static bool is_conjunction(const token& one) {
        return (one.kind == token_kind::word || one.kind == token_kind::text) &&
               (one.text == "and" || one.text == "or" || one.text == ", and" || one.text == ", or" ||
                one.text == ",and" || one.text == ",or" || one.text == "," || one.text == "And" || one.text == "Or");
    }

    /// ',' or a word for it; ';' separates groups of them.
    bool take_separator() {
        const std::size_t before = at_;
        while (at_sign(",") || is_conjunction(now())) ++at_;
        return at_ != before;
    }

    /// The sign or command that closes what was opened.
    bool at_close(std::string_view close) const {
        if (close == ")" || close == "]") return at_sign(")") || at_sign("]");
        return at_sign(close);
    }

    /// Elements up to `close`, which is not passed; one element is itself. An element with a plus-minus is two.
    expression elements(std::string_view close, bool top) {
        const level deeper{*this};
        std::vector<std::vector<expression>> groups(1);
        for (;;) {
            const std::size_t before = at_;
            while (take_separator()) {
            }
            const bool ends = now().kind == token_kind::end || (!close.empty() && at_close(close));
            if (options_.as_math_verify && at_ != before && (ends || groups.front().empty())) throw unreadable{};
            if (take_sign(";")) {
                if (!groups.back().empty()) groups.emplace_back();
                continue;
            }
            if (now().kind == token_kind::end || (!close.empty() && at_close(close))) break;
            if (top && !options_.as_math_verify && at_sign(".") && now(1).kind == token_kind::end) break;
            for (expression& each : both_signs(relation())) groups.back().push_back(std::move(each));
            if (at_sign(",") || at_sign(";") || is_conjunction(now())) continue;
            break;
        }
        if (groups.back().empty()) {
            if (options_.as_math_verify) throw unreadable{};
            groups.pop_back();
        }
        if (groups.empty()) throw unreadable{};
        if (groups.size() == 1) {
            if (groups.front().size() == 1) return std::move(groups.front().front());
            return made_of(form::list, std::move(groups.front()), ",");
        }
        std::vector<expression> all;
        const bool single = std::all_of(groups.begin(), groups.end(), [](const auto& g) { return g.size() == 1; });
        for (std::vector<expression>& group : groups) {
            if (group.size() == 1) all.push_back(std::move(group.front()));
            else all.push_back(made_of(form::tuple, std::move(group), "()"));
        }
        return made_of(form::list, std::move(all), single ? "," : ";");
    }

    expression relation() {
        const level deeper{*this};
        std::vector<expression> sides;
        std::string signs;
        sides.push_back(union_of_sets());
        while (now().kind == token_kind::relation) {
            const char sign = now().text[0];
            ++at_;
            expression next = union_of_sets();
            if (sign == '~') {  // about: x in "x = 1/3 \approx 0.33" is what stands before, 11 in "x \approx 11"
                if (sides.size() == 1 && only_symbols(sides.front())) return next;
                continue;
            }
            if (sign == ':' && next.is(form::tuple) && next.parts.size() == 2 && !options_.as_math_verify)
                next.kind = form::interval;  // x is in it, so that it is no point
            if (sign == '!') next = made_of(form::difference, pair(named(form::named_set, "R"), std::move(next)));
            signs += sign == ':' || sign == '!' ? '=' : sign;
            sides.push_back(std::move(next));
        }
        if (sides.size() == 1) return std::move(sides.front());
        return made_of(form::relation, std::move(sides), signs);
    }

    static std::vector<expression> pair(expression a, expression b) {
        std::vector<expression> both;
        both.push_back(std::move(a));
        both.push_back(std::move(b));
        return both;
    }

    expression union_of_sets() {
        expression left = additive();
        for (;;) {
            form kind = form::join;
            if (at_command("cup")) kind = form::join;
            else if (at_command("cap")) kind = form::meet;
            else if (at_command("setminus") || (at_sign("\\") && is_collection(left))) kind = form::difference;
            else return left;
            ++at_;
            expression right = additive();
            if (kind == form::join && left.is(form::join)) left.parts.push_back(std::move(right));
            else left = made_of(kind, pair(std::move(left), std::move(right)));
        }
    }

    expression additive() {
        const level deeper{*this};
        expression left = product();
        for (;;) {
            const bool plus = at_sign("+"), minus = at_sign("-");
            if (plus || minus) {
                ++at_;
                expression right = product();
                left = joined(form::sum, std::move(left), minus ? negated(std::move(right)) : std::move(right));
            } else if (at_command("pm") || at_command("mp")) {
                const std::string sign = now().text;
                ++at_;
                left = joined(form::sum, std::move(left), function_of(sign, product()));
            } else {
                return left;
            }
        }
    }

    bool at_division() const { return at_sign("/") || (at_sign(":") && now(1).kind != token_kind::end); }

    expression product() {
        expression left = factors();
        for (;;) {
            if (take_sign("*")) {
                left = joined(form::product, std::move(left), factors());
            } else if (at_division()) {
                ++at_;
                left = quotient(std::move(left), factors());
            } else if (take_command("over")) {
                left = quotient(std::move(left), factors());
            } else if (at_command("bmod") || (at_command("mod") && options_.as_math_verify)) {
                ++at_;
                left = made_of(form::apply, pair(std::move(left), factors()), "mod");
            } else {
                return left;
            }
        }
    }

    /// Whether a factor begins here without a sign of multiplication.
    bool at_factor() const {
        const token& one = now();
        switch (one.kind) {
            case token_kind::number: return true;
            case token_kind::word:
            case token_kind::text: return !is_conjunction(one);
            case token_kind::sign:
                if (one.text == "|") return bars_ == 0;
                return one.text == "(" || one.text == "[" || one.text == "{" || one.text == "\\{" || one.text == "\\|";
            case token_kind::command:
                return one.text != "cup" && one.text != "cap" && one.text != "setminus" && one.text != "pm" &&
                       one.text != "mp" && one.text != "mod" && one.text != "bmod" && one.text != "over" &&
                       one.text != "choose" && one.text != "rangle" && one.text != "rfloor" && one.text != "rceil" &&
                       one.text != "to" && !one.text.starts_with("end:");
            default: return false;
        }
    }

    /// Factors side by side, with a sign before them.
    expression factors(bool without_functions = false) {
        const level deeper{*this};
        if ((at_sign("+") || at_sign("-")) && (now(1).is("-") || now(1).is("+")) && !now(1).spaced &&
            !options_.as_math_verify)
            throw unreadable{};  // "+-5"
        if (take_sign("+")) return factors(without_functions);
        if (take_sign("-")) return negated(factors(without_functions));
        if (take_command("pm")) return function_of("pm", factors(without_functions));
        if (take_command("mp")) return function_of("mp", factors(without_functions));
        if (std::optional<expression> mixed = typed_mixed_number()) return std::move(*mixed);
        std::vector<expression> all;
        std::vector<bool> spelled_fraction;  // for each whether it is \frac{1}{2}
        do {
            const bool fraction_follows = at_command("frac"), number_follows = now().kind == token_kind::number;
            if (!all.empty() && number_follows && !options_.as_math_verify && all.back().is(form::number) &&
                before_number_)
                throw unreadable{};  // "2 3" is neither a product nor one number
            before_number_ = number_follows;
            all.push_back(postfix());
            spelled_fraction.push_back(fraction_follows);
        } while (at_factor() && !(without_functions && at_function()));
        expression right = std::move(all.back());
        bool literal = spelled_fraction.back();
        for (std::size_t i = all.size() - 1; i-- > 0; literal = false) {
            if (all[i].is_integer() && right.is_rational() && right.value > 0 && all[i].name.empty() &&
                (options_.as_math_verify || (literal && right.value < 1 && denominator(right.value) != 1))) {
                right.value = all[i].value < 0 ? all[i].value - right.value : all[i].value + right.value;
                all[i] = std::move(right);
                right = std::move(all[i]);
            } else {
                right = joined(form::product, std::move(all[i]), std::move(right));
            }
        }
        return right;
    }

    /// "2 1/3", a whole number before a fraction below 1.
    std::optional<expression> typed_mixed_number() {
        if (options_.as_math_verify || now().kind != token_kind::number || now(1).kind != token_kind::number ||
            !now(2).is("/") || now(3).kind != token_kind::number || now(4).kind == token_kind::number ||
            now(4).is("^") || now(1).is("^"))
            return std::nullopt;
        for (std::size_t i : {0U, 1U, 3U})
            if (now(i).text.find('.') != std::string::npos || now(i).text.size() > 30) return std::nullopt;
        const whole high{decimal_digits(now().text)}, over{decimal_digits(now(1).text)},
            under{decimal_digits(now(3).text)};
        if (over <= 0 || over >= under) return std::nullopt;
        at_ += 4;
        return number(fraction{high * under + over, under});
    }

    static std::string decimal_digits(std::string_view digits) {
        const std::size_t begin = digits.find_first_not_of('0');
        return begin == std::string_view::npos ? "0" : std::string{digits.substr(begin)};
    }

    bool at_function() const {
        return (now().kind == token_kind::command || now().kind == token_kind::word) && is_function_name(now().text);
    }

    expression postfix() {
        const level deeper{*this};
        expression base = primary();
        for (;;) {
            if (at_sign("^")) {
                ++at_;
                const std::size_t inside = at_sign("{") && now(2).is("}") ? 1 : 0;
                if (now(inside).is_command("circ") || now(inside).is_command("degree")) {
                    at_ += inside == 1 ? 3 : 1;
                    base = degrees(std::move(base));
                    continue;
                }
                if (at_sign("'") || at_command("prime")) {
                    ++at_;
                    continue;
                }
                if (base.is(form::matrix) && now().kind == token_kind::word && now().text == "T") {
                    ++at_;
                    base = function_of("transpose", std::move(base));
                    continue;
                }
                base = power(std::move(base), exponent());
            } else if (at_command("degree")) {
                ++at_;
                base = degrees(std::move(base));
            } else if (at_sign("!") && now(1).kind != token_kind::relation) {
                ++at_;
                base = function_of("factorial", std::move(base));
            } else if (at_sign("%")) {
                ++at_;
                std::vector<expression> parts;
                parts.push_back(std::move(base));
                base = made_of(form::percent, std::move(parts));
            } else if (at_sign("_") && base.is(form::number)) {  // 204_5
                ++at_;
                base.name = options_.as_math_verify ? (subscript(), std::string{}) : subscript();
            } else if (at_sign("'") && base.is(form::symbol)) {
                ++at_;
                base.name += '\'';
            } else {
                return base;
            }
        }
    }

    expression degrees(expression of) {
        if (now().kind == token_kind::word && (now().text == "C" || now().text == "F")) ++at_;
        if (options_.as_math_verify) return of;
        return function_of("degrees", std::move(of));
    }

    expression exponent() {
        const level deeper{*this};
        if (take_sign("-")) return negated(exponent());
        if (take_sign("+")) return exponent();
        if (at_sign("{") || at_sign("(")) {
            const std::string close = at_sign("{") ? "}" : ")";
            ++at_;
            expression one = relation();
            expect(close);
            return one;
        }
        if (now().kind == token_kind::word && now().text.size() > 1) {  // x^ab is x^a b
            token first = now();
            tokens_[at_].text.erase(0, 1);
            return letter_symbol(first.text.substr(0, 1));
        }
        return primary();
    }

    /// The subscript behind "_" as text.
    std::string subscript() {
        std::string all;
        if (!take_sign("{")) {
            if (now().kind == token_kind::word && now().text.size() > 1) {
                all = now().text.substr(0, 1);
                tokens_[at_].text.erase(0, 1);
                return all;
            }
            if (now().kind == token_kind::end) throw unreadable{};
            all = now().text;
            ++at_;
            return all;
        }
        for (int depth = 1; depth > 0; ++at_) {
            if (now().kind == token_kind::end) throw unreadable{};
            if (at_sign("{")) ++depth;
            if (at_sign("}") && --depth == 0) continue;
            all += now().text;
        }
        return all;
    }

    expression primary();
    expression word();
    expression command();
    expression letter_symbol(const std::string& name);
    expression with_subscript(expression symbol);
    expression group_argument();
    expression parenthesized(char open);
    expression braced(std::string_view close);
    expression bars(std::string_view close);
    expression function(const std::string& name);
    expression function_argument(bool& in_parentheses);
    expression root();
    expression repeated(const std::string& name);
    expression matrix(const std::string& environment);
    expression limit();

    std::vector<token> tokens_;
    parser_options options_;
    std::size_t at_ = 0;
    int depth_ = 0, bars_ = 0;
    bool before_number_ = false;
};

}  // namespace aha::math::detail

#ifndef AHA_COMPILED
#include <aha/reward/math/formula_parser.ipp>
#endif
