#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aha/reward/characters.hpp>
#include <aha/reward/rational.hpp>

namespace aha::detail {

/// What an expression says.
struct arithmetic_expression {
    std::vector<std::int64_t> numbers;  ///< written in it, in their order
    std::vector<char> operators;        ///< likewise
    std::optional<rational> value;      ///< nothing: it divides by zero, or a part of it does not fit 64 bits
};

/// Reads sums, differences, products and quotients of whole numbers, with round brackets, by recursive descent:
///   sum = product { (+ | -) product },  product = operand { (* | /) operand },  operand = number | ( sum )
/// The signs U+00D7, U+00F7 and U+2212 stand for *, / and -. There are no signs before numbers, no powers ("**"), no
/// whole division ("//"), no points or commas in numbers, and no products without a sign ("2(3)").
class expression_parser {
public:
    static constexpr int max_depth = 64;  ///< of brackets

    /// The expression that all of `text` is, white space apart, or nothing.
    static std::optional<arithmetic_expression> parse(std::string_view text) {
        expression_parser parser{text};
        std::optional<rational> value;
        if (!parser.sum(value, 0)) return std::nullopt;
        parser.skip_space();
        if (!parser.rest_.empty()) return std::nullopt;
        parser.read_.value = value;
        return std::move(parser.read_);
    }

private:
    explicit expression_parser(std::string_view text) : rest_{text} {}

    // Each reads one part and says whether it could; `value` is nothing where the part has none.

    bool sum(std::optional<rational>& value, int depth) {
        if (!product(value, depth)) return false;
        while (const char op = take_operator("+-")) {
            std::optional<rational> right;
            if (!product(right, depth)) return false;
            value = value && right ? joined(*value, op, *right) : std::nullopt;
        }
        return true;
    }

    bool product(std::optional<rational>& value, int depth) {
        if (!operand(value, depth)) return false;
        while (const char op = take_operator("*/")) {
            std::optional<rational> right;
            if (!operand(right, depth)) return false;
            value = value && right ? joined(*value, op, *right) : std::nullopt;
        }
        return true;
    }

    bool operand(std::optional<rational>& value, int depth) {
        skip_space();
        if (!rest_.starts_with('(')) return number(value);
        rest_.remove_prefix(1);
        if (depth == max_depth || !sum(value, depth + 1)) return false;
        skip_space();
        if (!rest_.starts_with(')')) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool number(std::optional<rational>& value) {
        std::size_t size = 0;
        while (size < rest_.size() && is_digit(rest_[size])) ++size;
        std::int64_t found = 0;
        if (size == 0 || (size > 1 && rest_.front() == '0')) return false;
        if (std::from_chars(rest_.data(), rest_.data() + size, found).ec != std::errc{}) return false;
        rest_.remove_prefix(size);
        read_.numbers.push_back(found);
        value = rational{found, 1};
        return true;
    }

    /// One of `wanted`, or 0 and nothing is read.
    char take_operator(std::string_view wanted) {
        skip_space();
        constexpr std::pair<std::string_view, char> signs[] = {
            {"+", '+'}, {"-", '-'}, {"*", '*'}, {"/", '/'}, {"\u2212", '-'}, {"\u00d7", '*'}, {"\u00f7", '/'}};
        for (const auto& [sign, op] : signs) {
            if (!rest_.starts_with(sign) || wanted.find(op) == std::string_view::npos) continue;
            rest_.remove_prefix(sign.size());
            read_.operators.push_back(op);
            return op;
        }
        return '\0';
    }

    void skip_space() {
        while (!rest_.empty() && std::string_view{" \t\r\n"}.find(rest_.front()) != std::string_view::npos)
            rest_.remove_prefix(1);
    }

    std::string_view rest_;
    arithmetic_expression read_;
};

/// The expression that all of `text` is, or nothing. Linear time.
inline std::optional<arithmetic_expression> parse_arithmetic(std::string_view text) {
    return expression_parser::parse(text);
}

}  // namespace aha::detail
