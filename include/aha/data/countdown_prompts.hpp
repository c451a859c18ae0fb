#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/problem_stream.hpp>

namespace aha {

/// Which Countdown problems are asked, and how they are put.
struct countdown_prompts_options {
    std::int64_t min_numbers = 3, max_numbers = 4;   ///< how many there are, at most 8
    std::int64_t low = 1, high = 99;                 ///< each is uniform in [low, high], from 1 to 10^6
    std::int64_t target_low = 10, target_high = 99;  ///< of what is to be made
    std::string operators = "+-*/";                  ///< that may be used
    std::uint64_t seed = 0;                          ///< the n-th problem derives from it and n alone
    std::int64_t held_out_every = 10;  ///< one problem in so many is never asked: the same ones for every seed
    /// What the model reads, made of the question: a template filled in. Empty: the question itself.
    std::function<std::string(std::string_view question)> render{};

    void validate() const {
        require(2 <= min_numbers && min_numbers <= max_numbers && max_numbers <= 8,
                "min_numbers and max_numbers must be in order and in [2, 8], but are ", min_numbers, " and ",
                max_numbers);
        require(1 <= low && low <= high && high <= 1'000'000,
                "low and high must be in order and in [1, 1000000], but are ", low, " and ", high);
        require(1 <= target_low && target_low <= target_high,
                "target_low and target_high must be in order and positive, but are ", target_low, " and ", target_high);
        require(!operators.empty(), "operators must not be empty");
        for (std::size_t i = 0; i < operators.size(); ++i)
            require(std::string_view{"+-*/"}.find(operators[i]) != std::string_view::npos &&
                        operators.find(operators[i], i + 1) == std::string::npos,
                    "operators must be some of + - * /, each once, not \"", operators, "\"");
        require(held_out_every >= 2, "held_out_every must be at least 2, not ", held_out_every);
    }
};

namespace detail {

/// "a, b and c", or with another last word.
inline std::string listed(const std::vector<std::string>& items, const std::string& last = " and ") {
    std::string all;
    for (std::size_t i = 0; i < items.size(); ++i)
        all += (i == 0 ? "" : i + 1 == items.size() ? last : ", ") + items[i];
    return all;
}

/// A value on the way to the target, and how it was made.
struct countdown_part {
    std::int64_t value = 0;
    std::string text;
};

/// `a op b`, if it is a whole positive number that is not too large to go on with.
inline std::optional<countdown_part> joined_parts(const countdown_part& a, char op, const countdown_part& b) {
    constexpr std::int64_t most = 1'000'000'000;
    std::int64_t value = 0;
    switch (op) {
        case '+': value = a.value + b.value; break;
        case '-': value = a.value - b.value; break;
        case '*': value = a.value * b.value; break;
        default: value = a.value % b.value == 0 ? a.value / b.value : 0;
    }
    if (value < 1 || value > most) return std::nullopt;
    return countdown_part{value, "(" + a.text + " " + op + " " + b.text + ")"};
}

/// Numbers are drawn first, then joined at random, two at a time, until one value is left: the target.
inline std::optional<generated_problem> countdown_problem(const countdown_prompts_options& options, draws& random) {
    std::vector<std::int64_t> numbers;
    std::vector<countdown_part> parts;
    for (std::int64_t left = random.between(options.min_numbers, options.max_numbers); left > 0; --left) {
        numbers.push_back(random.between(options.low, options.high));
        parts.push_back({numbers.back(), std::to_string(numbers.back())});
    }
    const auto take = [&] {
        const auto at = parts.begin() + static_cast<std::ptrdiff_t>(random.below(parts.size()));
        countdown_part taken = std::move(*at);
        parts.erase(at);
        return taken;
    };
    while (parts.size() > 1) {
        const countdown_part a = take(), b = take();
        std::optional<countdown_part> made = joined_parts(a, random.one_of(options.operators), b);
        if (!made) return std::nullopt;
        parts.push_back(std::move(*made));
    }
    const std::int64_t target = parts.front().value;
    if (target < options.target_low || target > options.target_high) return std::nullopt;

    generated_problem problem;
    std::vector<std::string> shown, signs;
    for (const std::int64_t number : numbers) shown.push_back(std::to_string(number));
    for (const char op : options.operators) signs.emplace_back(1, op);
    problem.question = "Make " + std::to_string(target) + " of the numbers " + listed(shown) +
                       ". Use each number exactly once, with " + listed(signs, " or ") +
                       " and round brackets. Answer with the expression alone.";
    const std::string& solution = parts.front().text;
    problem.fields = {{"numbers", numbers},
                      {"target", target},
                      {"operators", options.operators},
                      {"solution", solution.substr(1, solution.size() - 2)}};
    std::sort(numbers.begin(), numbers.end());
    problem.canonical = "countdown " + std::to_string(target);
    for (const std::int64_t number : numbers) problem.canonical += " " + std::to_string(number);
    return problem;
}

inline problem_stream countdown_stream(const countdown_prompts_options& options) {
    options.validate();
    return {{.whose = "the Countdown problems",
             .settings = {{"min_numbers", options.min_numbers},
                          {"max_numbers", options.max_numbers},
                          {"low", options.low},
                          {"high", options.high},
                          {"target_low", options.target_low},
                          {"target_high", options.target_high},
                          {"operators", options.operators}},
             .seed = options.seed,
             .held_out_every = options.held_out_every,
             .render = options.render},
            [options](draws& random) { return countdown_problem(options, random); }};
}

}  // namespace detail

/// `count` different problems that `countdown_prompts` never asks, whatever its seed, if `held_out_every` is the same;
/// `prompt::index` from 0. A problem is its numbers, in any order, and its target.
/// Throws `aha::error` if there are not so many.
inline std::vector<prompt> held_out_countdown(std::int64_t count, const countdown_prompts_options& options = {}) {
    return detail::countdown_stream(options).held_out(count);
}

/// Countdown without end, a prompt source: make the target of the numbers, each used exactly once. It can be made, with
/// whole positive numbers on the way, for the target is what joining the numbers at random led to; so targets are not
/// uniform. `prompt::fields` holds "question", "numbers", "target", "operators" and one "solution"; the reward
/// `countdown` judges answers. The task of TinyZero: there, too, 3 or 4 numbers below 100.
class countdown_prompts {
public:
    /// Throws `aha::error` if the options make no sense.
    explicit countdown_prompts(const countdown_prompts_options& options = {})
        : stream_{detail::countdown_stream(options)} {}

    /// The next problem; there always is one. Throws `aha::error` if the bounds leave none.
    std::optional<prompt> next() { return stream_.next(); }

    state_values save() const { return stream_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in other problems.
    void load(const state_values& saved) { stream_.load(saved); }

private:
    detail::problem_stream stream_;
};

}  // namespace aha
