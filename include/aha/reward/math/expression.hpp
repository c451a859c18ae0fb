#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

namespace aha::math {

/// An integer of any size.
using whole = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;
/// An exact fraction in lowest terms.
using fraction =
    boost::multiprecision::number<boost::multiprecision::cpp_rational_backend, boost::multiprecision::et_off>;

/// What an expression is; the comment says what its parts are.
enum class form : std::uint8_t {
    number,      ///< `value`; `name` is its base, where it has one ("5" of 204_5)
    percent,     ///< the number that a percent sign follows
    symbol,      ///< a variable, `name`
    constant,    ///< "pi", "e", "i", "infinity" or "gamma"
    text,        ///< words, in `name`
    sum,         ///< two or more terms
    product,     ///< two or more factors
    power,       ///< base, exponent
    apply,       ///< a function, `name`, of its arguments
    repeated,    ///< "sum", "product", "integral" or "limit": variable, body, lower end, upper end
    set,         ///< elements in braces
    list,        ///< elements without braces
    tuple,       ///< two or more elements in parentheses; of two it may also be an open interval
    interval,    ///< two ends; `name` has the brackets, round ones only where it cannot be a tuple
    join,        ///< a union
    meet,        ///< an intersection
    difference,  ///< a set without another
    named_set,   ///< "N", "Z", "Q", "R", "C" or "empty"
    relation,    ///< two or more sides; `name` has a character for each sign between them, see `relation_sign`
    matrix,      ///< rows of elements, each row a tuple
};

/// The characters that `expression::name` has for the signs of a relation.
namespace relation_sign {
inline constexpr char equal = '=';     ///< both sides are the same
inline constexpr char unequal = '#';   ///< they are not
inline constexpr char less = '<';      ///< the left one is less
inline constexpr char greater = '>';   ///< the left one is greater
inline constexpr char at_most = 'l';   ///< the left one is less or the same
inline constexpr char at_least = 'g';  ///< the left one is greater or the same
}  // namespace relation_sign

/// A formula as it was written, unevaluated but for literal numbers: -3, 2/3 and 1,000 are one number each.
struct expression {
    form kind = form::number;         ///< what it is
    std::string name{};               ///< as `form` says
    fraction value{};                 ///< a number's
    bool decimal = false;             ///< a number's: it was written with a decimal point
    std::vector<expression> parts{};  ///< as `form` says

    bool operator==(const expression& other) const {
        return kind == other.kind && name == other.name && value == other.value && parts == other.parts;
    }

    bool is(form asked) const { return kind == asked; }  ///< whether it is of this form
    bool is_integer() const {                            ///< a number written without a decimal point, whole
        return kind == form::number && !decimal && denominator(value) == 1;
    }
    bool is_rational() const { return kind == form::number && !decimal; }  ///< a number without a decimal point
};

/// A number.
inline expression number(fraction value, bool decimal = false) {
    return {.kind = form::number, .value = std::move(value), .decimal = decimal};
}

/// An expression with a name and no parts, as a symbol.
inline expression named(form kind, std::string_view name) { return {.kind = kind, .name = std::string{name}}; }

/// An expression of parts.
inline expression made_of(form kind, std::vector<expression> parts, std::string_view name = {}) {
    return {.kind = kind, .name = std::string{name}, .parts = std::move(parts)};
}

/// A power.
inline expression power(expression base, expression exponent) {
    std::vector<expression> parts;
    parts.push_back(std::move(base));
    parts.push_back(std::move(exponent));
    return made_of(form::power, std::move(parts));
}

/// A function of one argument.
inline expression function_of(std::string_view name, expression argument) {
    std::vector<expression> parts;
    parts.push_back(std::move(argument));
    return made_of(form::apply, std::move(parts), name);
}

/// Two expressions as one sum or one product: the parts of either that is one itself are taken over.
inline expression joined(form kind, expression a, expression b) {
    std::vector<expression> parts;
    for (expression* each : {&a, &b}) {
        if (each->kind == kind)
            for (expression& part : each->parts) parts.push_back(std::move(part));
        else parts.push_back(std::move(*each));
    }
    return made_of(kind, std::move(parts));
}

/// The negative of an expression; of a number again a number.
inline expression negated(expression one) {
    if (one.is(form::number)) {
        one.value = -one.value;
        return one;
    }
    return joined(form::product, number(-1), std::move(one));
}

/// A quotient; of two integers a number, but for a division by zero.
inline expression quotient(expression over, expression under) {
    if (over.is_integer() && under.is_integer() && under.value != 0 && over.name.empty() && under.name.empty())
        return number(over.value / under.value);
    return joined(form::product, std::move(over), power(std::move(under), number(-1)));
}

/// Whether the expression is a relation whose signs are all equality signs.
inline bool is_equation(const expression& one) {
    return one.is(form::relation) && one.name.find_first_not_of(relation_sign::equal) == std::string::npos;
}

/// Whether it is a set, a list, a tuple or an interval, or made of them.
inline bool is_collection(const expression& one) { return one.kind >= form::set && one.kind <= form::named_set; }

/// The names of the symbols and texts in an expression.
std::set<std::string> symbols_of(const expression& one);

/// The formula as a person would type it, "x^2 + 1/2"; for messages and results.
std::string to_text(const expression& one);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/expression.ipp>
#endif
