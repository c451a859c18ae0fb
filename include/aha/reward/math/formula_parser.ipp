#pragma once

#include <aha/reward/math/formula_parser.hpp>
#include <aha/core/inline.hpp>

namespace aha::math::detail {

/// A number of the lexer's digits.
AHA_INLINE expression number_of(std::string_view digits) {
    const std::size_t point = digits.find('.');
    std::string all{digits.substr(0, point)};
    std::size_t places = 0;
    if (point != std::string_view::npos) {
        all += digits.substr(point + 1);
        places = digits.size() - point - 1;
    }
    const std::size_t begin = all.find_first_not_of('0');
    all = begin == std::string::npos ? "0" : all.substr(begin);
    if (all.size() > 1500 || places > 1500) throw unreadable{};
    if (places == 0) return number(fraction{whole{all}}, point != std::string_view::npos);
    return number(fraction{whole{all}, pow(whole{10}, static_cast<unsigned>(places))}, true);
}

AHA_INLINE expression formula_parser::primary() {
    const level deeper{*this};
    const token one = now();
    switch (one.kind) {
        case token_kind::number: {
            ++at_;
            if (at_command("overline") && one.text.find('.') != std::string::npos && !options_.as_math_verify) {
                ++at_;  // 0.1\overline{6}
                expect("{");
                const std::string again = now().text;
                if (now().kind != token_kind::number || again.find('.') != std::string::npos) throw unreadable{};
                ++at_;
                expect("}");
                const std::size_t places = one.text.size() - one.text.find('.') - 1;
                if (places + again.size() > 200) throw unreadable{};
                const whole shift = pow(whole{10}, static_cast<unsigned>(places));
                const whole nines = pow(whole{10}, static_cast<unsigned>(again.size())) - 1;
                return number(number_of(one.text).value + fraction{whole{decimal_digits(again)}, shift * nines});
            }
            return number_of(one.text);
        }
        case token_kind::word: return word();
        case token_kind::text: {
            ++at_;
            std::string name = one.text;
            if (name.find_first_not_of("0123456789.") == std::string::npos && !options_.as_math_verify &&
                name.find_first_of("0123456789") != std::string::npos)
                return number_of(name.back() == '.' ? name.substr(0, name.size() - 1) : name);
            std::erase_if(name, [](char c) { return c == '(' || c == ')'; });
            if (name.empty()) throw unreadable{};
            return with_subscript(named(form::text, name));
        }
        case token_kind::command: return command();
        case token_kind::sign: break;
        default: throw unreadable{};
    }
    if (one.text == "(") return ++at_, parenthesized('(');
    if (one.text == "[") return ++at_, parenthesized('[');
    if (one.text == "{") return ++at_, braced("}");
    if (one.text == "\\{") return ++at_, braced("\\}");
    if (one.text == "|") return ++at_, function_of("abs", bars("|"));
    if (one.text == "\\|") return ++at_, function_of("norm", bars("\\|"));
    throw unreadable{};
}

AHA_INLINE expression formula_parser::bars(std::string_view close) {
    const level deeper{*this};
    ++bars_;
    expression inside = additive();
    --bars_;
    expect(close);
    return inside;
}

/// What stands in parentheses or brackets: one element in parentheses of one kind is itself.
AHA_INLINE expression formula_parser::parenthesized(char open) {
    const int outside = std::exchange(bars_, 0);
    expression inside = elements(open == '(' ? ")" : "]", false);
    bars_ = outside;
    if (!at_sign(")") && !at_sign("]")) throw unreadable{};
    const char close = now().text[0];
    ++at_;
    if (!inside.is(form::list)) {
        if ((open == '(') != (close == ')')) throw unreadable{};
        return inside;
    }
    if (inside.name == ";" && inside.parts.size() == 2 && open == '(') inside.name = ",";
    if (open == '(' && close == ')') return made_of(form::tuple, std::move(inside.parts), "()");
    if (inside.parts.size() == 2) return made_of(form::interval, std::move(inside.parts), std::string{open, close});
    if (open == '[' && close == ']') return made_of(form::tuple, std::move(inside.parts), "[]");
    throw unreadable{};
}

/// What stands in braces: a group if it is one element of bare braces, else a set.
AHA_INLINE expression formula_parser::braced(std::string_view close) {
    const bool bare = close == "}";
    if (take_sign(close)) {
        if (bare && !options_.as_math_verify) throw unreadable{};
        return named(form::named_set, "empty");
    }
    const int outside = std::exchange(bars_, 0);
    expression inside = elements(close, false);
    bars_ = outside;
    if (bare && at_command("choose")) {
        ++at_;
        expression lower = additive();
        expect(close);
        return made_of(form::apply, pair(std::move(inside), std::move(lower)), "binomial");
    }
    expect(close);
    if (inside.is(form::list)) return made_of(form::set, std::move(inside.parts));
    if (bare) return inside;
    std::vector<expression> parts;
    parts.push_back(std::move(inside));
    return made_of(form::set, std::move(parts));
}

AHA_INLINE expression formula_parser::letter_symbol(const std::string& name) {
    if (name == "e") return named(form::constant, "e");
    if (options_.as_math_verify ? name == "I" : name == "i") return named(form::constant, "i");
    return named(form::symbol, name);
}

AHA_INLINE expression formula_parser::with_subscript(expression symbol) {
    if (!at_sign("_")) return symbol;
    ++at_;
    symbol.kind = form::symbol;
    symbol.name += "_" + subscript();
    return symbol;
}

/// A word is a function, or its letters are symbols that are multiplied.
AHA_INLINE expression formula_parser::word() {
    const std::string all = now().text;
    if (is_function_name(all)) return ++at_, function(all);
    if (all == "sqrt") return ++at_, root();
    if (all == "pi") return ++at_, named(form::constant, "pi");
    if (all == "inf" || all == "infinity" || all == "infty" || all == "oo")
        return ++at_, named(form::constant, "infinity");
    if (all == "percent" || all == "pct" || all == "percentage") throw unreadable{};
    const std::string first = all.substr(0, 1);
    if (all.size() > 1) {
        tokens_[at_].text.erase(0, 1);
        tokens_[at_].spaced = false;
        return letter_symbol(first);
    }
    ++at_;
    if (at_sign("(") && !now().spaced && now(1).kind != token_kind::end) {
        const bool function = options_.as_math_verify
                                  ? first != "e" && first != "E" && first != "I"
                                  : std::string_view{"fghFGH"}.find(first[0]) != std::string_view::npos;
        if (function) {
            const std::size_t open = at_++;
            expression inside = elements(")", false);
            expect(")");
            const bool atom = inside.parts.empty() || inside.is(form::list);  // Math-Verify: n(n+1) is a product
            if (options_.as_math_verify && !atom) {
                at_ = open;
                return letter_symbol(first);
            }
            std::vector<expression> arguments;
            if (inside.is(form::list)) arguments = std::move(inside.parts);
            else arguments.push_back(std::move(inside));
            return made_of(form::apply, std::move(arguments), "function " + first);
        }
    }
    return with_subscript(letter_symbol(first));
}

/// What a command such as \frac takes: what stands in braces, or one digit or letter.
AHA_INLINE expression formula_parser::group_argument() {
    const level deeper{*this};
    if (take_sign("{")) {
        expression inside = relation();
        expect("}");
        return inside;
    }
    token& one = tokens_[at_];
    if ((one.kind == token_kind::number || one.kind == token_kind::word) && one.text.size() > 1) {
        const std::string first = one.text.substr(0, 1);
        one.text.erase(0, 1);
        one.spaced = false;
        return one.kind == token_kind::number ? number_of(first) : letter_symbol(first);
    }
    return primary();
}

AHA_INLINE expression formula_parser::command() {
    const std::string name = now().text;
    ++at_;
    if (name == "frac") {
        expression over = group_argument();
        expression under = group_argument();
        return quotient(std::move(over), std::move(under));
    }
    if (name == "sqrt") return root();
    if (name == "pi") return with_subscript(named(form::constant, "pi"));
    if (name == "infty") return named(form::constant, "infinity");
    if (name == "exponentialE") return named(form::constant, "e");
    if (is_function_name(name) || name == "gcd" || name == "lcm" || name == "max" || name == "min" || name == "tr" ||
        name == "rank")
        return function(name);
    if (name == "binom") {
        expression over = group_argument();
        expression under = group_argument();
        return made_of(form::apply, pair(std::move(over), std::move(under)), "binomial");
    }
    if (name == "sum" || name == "prod") return repeated(name == "sum" ? "sum" : "product");
    if (name == "lim") return limit();
    if (name == "int") return repeated("integral");
    if (name.starts_with("begin:")) return matrix(name.substr(6));
    if (name == "varnothing" && options_.as_math_verify) return named(form::symbol, name);
    if (name == "varnothing") return named(form::named_set, "empty");
    if (name.starts_with("set:")) return named(form::named_set, name.substr(4));
    if (name == "boxed" || name == "fbox" || name == "phantom" || name == "mathop" || name == "mathord" ||
        name == "mathbin" || name == "mathrel" || name == "ensuremath" || name == "underline")
        return group_argument();
    if (name == "lfloor" || name == "llcorner" || name == "lceil" || name == "ulcorner" || name == "langle") {
        expression inside = elements(name == "langle" ? "\\rangle" : "", false);
        const std::string close = name == "lfloor"     ? "rfloor"
                                  : name == "llcorner" ? "lrcorner"
                                  : name == "lceil"    ? "rceil"
                                  : name == "ulcorner" ? "urcorner"
                                                       : "rangle";
        if (!take_command(close)) throw unreadable{};
        if (name == "langle") {
            if (inside.is(form::list)) inside.kind = form::tuple, inside.name = "()";
            return inside;
        }
        return function_of(name == "lfloor" || name == "llcorner" ? "floor" : "ceil", std::move(inside));
    }
    if (name == "Gamma" || name == "gamma") {
        if (at_sign("(") && name == "Gamma") {
            ++at_;
            expression inside = additive();
            expect(")");
            return function_of("gamma", std::move(inside));
        }
        if (options_.as_math_verify) return with_subscript(named(form::constant, "gamma"));
    }
    if (name == "overline" || name == "bar" || name == "vec" || name == "hat" || name == "tilde" || name == "dot" ||
        name == "ddot" || name == "widehat" || name == "mathcal" || name == "mathfrak" || name == "mathscr") {
        std::string inside;
        if (!take_sign("{")) inside = now().text, ++at_;
        else
            for (int depth = 1; depth > 0; ++at_) {
                if (now().kind == token_kind::end) throw unreadable{};
                if (at_sign("{")) ++depth;
                if (at_sign("}") && --depth == 0) continue;
                inside += now().text;
            }
        return with_subscript(named(form::symbol, name + "{" + inside + "}"));
    }
    if (name == "ldots" || name == "cdots") return named(form::symbol, "...");
    if (name == "partial") return named(form::symbol, "partial");
    if (is_symbol_command(name)) return with_subscript(named(form::symbol, name == "imath" ? "i" : name));
    throw unreadable{};
}

AHA_INLINE expression formula_parser::root() {
    if (at_sign("[")) {
        ++at_;
        expression degree = additive();
        expect("]");
        return power(group_argument(), quotient(number(1), std::move(degree)));
    }
    if (at_sign("(")) {
        ++at_;
        expression inside = additive();
        expect(")");
        return power(std::move(inside), number(fraction{1, 2}));
    }
    return power(group_argument(), number(fraction{1, 2}));
}

AHA_INLINE expression formula_parser::function_argument(bool& in_parentheses) {
    in_parentheses = at_sign("(");
    if (in_parentheses) {
        ++at_;
        expression inside = elements(")", false);
        expect(")");
        return inside;
    }
    if (!options_.as_math_verify) return factors(true);
    expression left = factors(true);
    for (;;) {
        if (take_sign("*")) left = joined(form::product, std::move(left), factors(true));
        else if (at_division()) ++at_, left = quotient(std::move(left), factors(true));
        else return left;
    }
}

/// A function behind its name: \log_2 x, \sin^2 x, \sin^{-1}(x), \gcd(a, b).
AHA_INLINE expression formula_parser::function(const std::string& name) {
    const level deeper{*this};
    std::optional<expression> base, raised;
    for (int i = 0; i < 2; ++i) {
        if (at_sign("_") && !base) {
            ++at_;
            base = group_argument();
        } else if (at_sign("^") && !raised) {
            ++at_;
            raised = exponent();
        }
    }
    bool in_parentheses = false;
    expression argument = function_argument(in_parentheses);
    std::vector<expression> arguments;
    if (argument.is(form::list)) arguments = std::move(argument.parts);
    else arguments.push_back(std::move(argument));
    std::string called = name;
    if (called.starts_with("arc")) called = "a" + called.substr(3);
    else if (called.starts_with("ar") && called.ends_with("h")) called = "a" + called.substr(2);
    if (name == "exp") {
        expression result = power(named(form::constant, "e"), std::move(arguments.front()));
        return raised ? power(std::move(result), std::move(*raised)) : result;
    }
    if (name == "log" || name == "ln" || name == "lg") {
        if (name == "ln" && !base) called = "ln";
        else {
            called = "log";
            arguments.push_back(base ? std::move(*base) : number(10));
        }
    }
    if (raised && *raised == number(-1) &&
        (name == "sin" || name == "cos" || name == "tan" || name == "sec" || name == "csc" || name == "cot" ||
         name == "sinh" || name == "cosh" || name == "tanh")) {
        called = "a" + name;
        raised.reset();
    }
    expression result = made_of(form::apply, std::move(arguments), called);
    return raised ? power(std::move(result), std::move(*raised)) : result;
}

/// \sum_{k=0}^{n} body, and so for products and integrals.
AHA_INLINE expression formula_parser::repeated(const std::string& name) {
    const level deeper{*this};
    std::optional<expression> lower, upper;
    for (int i = 0; i < 2; ++i) {
        if (at_sign("_") && !lower) {
            ++at_;
            lower = group_argument();
        } else if (at_sign("^") && !upper) {
            ++at_;
            upper = exponent();
        }
    }
    expression variable = named(form::symbol, "x");
    if (name != "integral") {
        if (!lower || !upper || !is_equation(*lower) || lower->parts.size() != 2) throw unreadable{};
        variable = std::move(lower->parts[0]);
        if (variable == named(form::constant, "i")) variable = named(form::symbol, "i");
        if (!variable.is(form::symbol)) throw unreadable{};
        expression low = std::move(lower->parts[1]);
        expression body = product();
        std::vector<expression> parts = pair(std::move(variable), std::move(body));
        parts.push_back(std::move(low));
        parts.push_back(std::move(*upper));
        return made_of(form::repeated, std::move(parts), name);
    }
    expression body = additive();
    std::vector<expression> parts = pair(std::move(variable), std::move(body));
    parts.push_back(lower ? std::move(*lower) : named(form::constant, "infinity"));
    parts.push_back(upper ? std::move(*upper) : named(form::constant, "infinity"));
    return made_of(form::repeated, std::move(parts), name);
}

AHA_INLINE expression formula_parser::limit() {
    const level deeper{*this};
    expect("_");
    expect("{");
    expression variable = primary();
    if (!take_command("to") && !take_command("rightarrow")) throw unreadable{};
    expression goal = additive();
    while (at_sign("^") || at_sign("+") || at_sign("-")) ++at_;
    expect("}");
    std::vector<expression> parts = pair(std::move(variable), product());
    parts.push_back(goal);
    parts.push_back(std::move(goal));
    return made_of(form::repeated, std::move(parts), "limit");
}

/// \begin{pmatrix} ... \end{pmatrix} behind its \begin.
AHA_INLINE expression formula_parser::matrix(const std::string& environment) {
    const level deeper{*this};
    if (environment.find("matrix") == std::string::npos && environment != "array") throw unreadable{};
    std::vector<expression> rows;
    std::vector<expression> row;
    const auto end_row = [&] {
        if (row.empty()) return;
        rows.push_back(made_of(form::tuple, std::move(row), "()"));
        row.clear();
    };
    for (;;) {
        if (take_sign("&")) continue;
        if (take_sign("\\\\")) {
            end_row();
            continue;
        }
        if (now().kind == token_kind::command && now().text.starts_with("end:")) break;
        row.push_back(additive());
        if (!at_sign("&") && !at_sign("\\\\") && !now().text.starts_with("end:")) throw unreadable{};
    }
    ++at_;
    end_row();
    if (rows.empty()) throw unreadable{};
    for (const expression& each : rows)
        if (each.parts.size() != rows.front().parts.size()) throw unreadable{};
    expression made = made_of(form::matrix, std::move(rows));
    return environment == "vmatrix" ? function_of("det", std::move(made)) : made;
}

}  // namespace aha::math::detail
