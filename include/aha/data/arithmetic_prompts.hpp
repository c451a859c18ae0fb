#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/problem_stream.hpp>

namespace aha {

/// Which expressions are asked, and how they are put.
struct arithmetic_prompts_options {
    std::int64_t min_digits = 1, max_digits = 2;        ///< of each number: uniform, then one of that many digits
    std::int64_t min_operators = 1, max_operators = 2;  ///< in an expression, uniform
    std::string operators = "+-*";                      ///< that may be used, uniform
    bool negative = true;                               ///< answers below 0 may be asked
    std::uint64_t seed = 0;                             ///< the n-th question derives from it and n alone
    std::int64_t held_out_every = 10;  ///< one expression in so many is never asked: the same ones for every seed
    /// What the model reads, made of the question: a template filled in. Empty: the question itself.
    std::function<std::string(std::string_view question)> render{};

    void validate() const {
        require(1 <= min_digits && min_digits <= max_digits,
                "min_digits and max_digits must be in order and positive, but are ", min_digits, " and ", max_digits);
        require(1 <= min_operators && min_operators <= max_operators,
                "min_operators and max_operators must be in order and positive, but are ", min_operators, " and ",
                max_operators);
        require(max_digits <= 17 && max_operators <= 17 && max_digits * (max_operators + 1) <= 18,
                "max_digits times the numbers of an expression must be at most 18, so that answers fit 64 bits, but ",
                max_digits, " digits of ", max_operators, " operators' numbers are more");
        require(!operators.empty(), "operators must not be empty");
        for (std::size_t i = 0; i < operators.size(); ++i)
            require(std::string_view{"+-*"}.find(operators[i]) != std::string_view::npos &&
                        operators.find(operators[i], i + 1) == std::string::npos,
                    "operators must be some of + - *, each once, not \"", operators, "\"");
        require(held_out_every >= 2, "held_out_every must be at least 2, not ", held_out_every);
    }
};

namespace detail {

/// A sum's term: its sign and its factors.
struct arithmetic_term {
    char sign = '+';
    std::vector<std::int64_t> factors;
    std::int64_t value() const {
        std::int64_t product = sign == '-' ? -1 : 1;
        for (const std::int64_t factor : factors) product *= factor;
        return product;
    }
};

inline std::optional<generated_problem> arithmetic_problem(const arithmetic_prompts_options& options, draws& random) {
    const auto number = [&] {
        const std::int64_t digits = random.between(options.min_digits, options.max_digits);
        std::int64_t least = 1;
        for (std::int64_t i = 1; i < digits; ++i) least *= 10;
        return random.between(digits == 1 ? 0 : least, 10 * least - 1);
    };
    std::vector<arithmetic_term> terms{{'+', {number()}}};
    std::string expression = std::to_string(terms.front().factors.front());
    const std::int64_t operators = random.between(options.min_operators, options.max_operators);
    for (std::int64_t i = 0; i < operators; ++i) {
        const char op = random.one_of(options.operators);
        const std::int64_t right = number();
        if (op == '*') terms.back().factors.push_back(right);
        else terms.push_back({op, {right}});
        expression += std::string{" "} + op + " " + std::to_string(right);
    }
    std::int64_t answer = 0;
    std::vector<std::string> forms;
    for (arithmetic_term& term : terms) {
        answer += term.value();
        std::sort(term.factors.begin(), term.factors.end());
        forms.emplace_back(1, term.sign);
        for (const std::int64_t factor : term.factors) forms.back() += "*" + std::to_string(factor);
    }
    if (answer < 0 && !options.negative) return std::nullopt;
    std::sort(forms.begin(), forms.end());
    generated_problem problem;
    problem.canonical = "arithmetic";
    for (const std::string& form : forms) problem.canonical += " " + form;
    problem.question = "What is " + expression + "?";
    problem.fields = {{"expression", expression}, {"operators", operators}, {"answer", answer}};
    return problem;
}

inline problem_stream arithmetic_stream(const arithmetic_prompts_options& options) {
    options.validate();
    return {{.whose = "the arithmetic questions",
             .settings = {{"min_digits", options.min_digits},
                          {"max_digits", options.max_digits},
                          {"min_operators", options.min_operators},
                          {"max_operators", options.max_operators},
                          {"operators", options.operators},
                          {"negative", options.negative}},
             .seed = options.seed,
             .held_out_every = options.held_out_every,
             .render = options.render},
            [options](draws& random) { return arithmetic_problem(options, random); }};
}

}  // namespace detail

/// `count` different questions that `arithmetic_prompts` never asks, whatever its seed, if `held_out_every` is the
/// same; `prompt::index` from 0. Expressions are the same if only the order of terms or factors differs: 2 + 3 * 4 is
/// 4 * 3 + 2. Throws `aha::error` if there are not so many.
inline std::vector<prompt> held_out_arithmetic(std::int64_t count, const arithmetic_prompts_options& options = {}) {
    return detail::arithmetic_stream(options).held_out(count);
}

/// "What is 12 + 3 * 4?" without end, a prompt source; * binds before + and -, which go from left to right.
/// `prompt::fields` holds "question", "expression", "operators" (how many) and "answer".
class arithmetic_prompts {
public:
    /// Throws `aha::error` if the options make no sense.
    explicit arithmetic_prompts(const arithmetic_prompts_options& options = {})
        : stream_{detail::arithmetic_stream(options)} {}

    /// The next question; there always is one. Throws `aha::error` if the bounds leave none.
    std::optional<prompt> next() { return stream_.next(); }

    state_values save() const { return stream_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in other questions.
    void load(const state_values& saved) { stream_.load(saved); }

private:
    detail::problem_stream stream_;
};

}  // namespace aha
