#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/problem_stream.hpp>
#include <aha/core/error.hpp>

namespace aha {

/// Which word problems are asked, and how they are put.
struct word_problem_prompts_options {
    std::int64_t min_steps = 2, max_steps = 5;  ///< things that happen to the number of objects, uniform; at most 20
    std::int64_t low = 2, high = 20;   ///< numbers in the text, from 2; "times as many" and shares are of 2 to 5
    std::int64_t largest = 1000;       ///< no number on the way is larger; the smallest is 2, so that all are plurals
    std::uint64_t seed = 0;            ///< the n-th problem derives from it and n alone
    std::int64_t held_out_every = 10;  ///< one problem in so many is never asked: the same ones for every seed
    /// What the model reads, made of the question: a template filled in. Empty: the question itself.
    std::function<std::string(std::string_view question)> render{};

    void validate() const {
        require(1 <= min_steps && min_steps <= max_steps && max_steps <= 20,
                "min_steps and max_steps must be in order and in [1, 20], but are ", min_steps, " and ", max_steps);
        require(2 <= low && low <= high && high <= 1'000'000,
                "low and high must be in order and in [2, 1000000], but are ", low, " and ", high);
        require(high <= largest && largest <= 1'000'000'000'000, "largest must be in [high, 10^12], that is from ",
                high, ", not ", largest);
        require(held_out_every >= 2, "held_out_every must be at least 2, not ", held_out_every);
    }
};

namespace detail {

/// Who has what.
struct word_scene {
    std::string name, pronoun, friend_name, things, packs;
};

inline word_scene draw_scene(draws& random) {
    using words = std::pair<std::string_view, std::string_view>;
    constexpr std::array<words, 10> people{{{"Anna", "She"},
                                            {"Ben", "He"},
                                            {"Carla", "She"},
                                            {"David", "He"},
                                            {"Emma", "She"},
                                            {"Farid", "He"},
                                            {"Grace", "She"},
                                            {"Hugo", "He"},
                                            {"Mei", "She"},
                                            {"Omar", "He"}}};
    constexpr std::array<words, 8> goods{{{"marbles", "bags"},
                                          {"apples", "baskets"},
                                          {"stickers", "sheets"},
                                          {"pencils", "boxes"},
                                          {"coins", "jars"},
                                          {"cards", "packs"},
                                          {"shells", "buckets"},
                                          {"beads", "strings"}}};
    const std::size_t who = random.below(people.size());
    const std::size_t other = (who + 1 + random.below(people.size() - 1)) % people.size();
    const auto& [things, packs] = random.one_of(goods);
    return {std::string{people[who].first}, std::string{people[who].second}, std::string{people[other].first},
            std::string{things}, std::string{packs}};
}

/// Something that happens to the number of things.
struct word_step {
    std::int64_t after = 0;  ///< how many there are then
    std::string canonical;   ///< of the step: what is computed, whatever the words
    std::string told;        ///< in the question
    std::string worked;      ///< in the solution
};

/// A step that `value` allows, or nothing if the draws led to one that it does not.
/// @param last whether the problem may end with it: only then a friend's things are counted too
inline std::optional<word_step> draw_word_step(std::int64_t value, bool last, const word_scene& scene,
                                               const word_problem_prompts_options& options, draws& random) {
    const auto text = [](std::int64_t number) { return std::to_string(number); };
    const std::int64_t k = random.between(options.low, options.high), m = random.between(options.low, options.high);
    const std::int64_t few = random.between(2, 5);
    const std::size_t wording = random.below(3), kind = random.below(last ? 8 : 6);
    const std::string& things = scene.things;
    const std::string now = scene.pronoun + " now has ", have = " " + things + ".";
    word_step step;
    const auto told = [&](const std::array<std::string, 3>& ways) { step.told = ways[wording]; };
    switch (kind) {
        case 0:
            step.after = value + k;
            step.canonical = "+" + text(k);
            told({scene.pronoun + " buys " + text(k) + " more " + things + ".",
                  scene.pronoun + " finds " + text(k) + " more " + things + ".",
                  scene.friend_name + " gives " + scene.name + " " + text(k) + " " + things + "."});
            step.worked = now + text(value) + " + " + text(k) + " = " + text(step.after) + have;
            break;
        case 1:
            step.after = value - k;
            step.canonical = "-" + text(k);
            told({scene.pronoun + " gives " + text(k) + " " + things + " to " + scene.friend_name + ".",
                  scene.pronoun + " loses " + text(k) + " " + things + ".",
                  scene.pronoun + " sells " + text(k) + " of the " + things + "."});
            step.worked = now + text(value) + " - " + text(k) + " = " + text(step.after) + have;
            break;
        case 2:
            step.after = value + k * m;
            step.canonical = "+" + text(k) + "*" + text(m);
            told({scene.pronoun + " buys " + text(k) + " " + scene.packs + " of " + text(m) + " " + things + " each.",
                  "On each of the next " + text(k) + " days " + scene.name + " gets " + text(m) + " more " + things +
                      ".",
                  text(k) + " friends give " + scene.name + " " + text(m) + " " + things + " each."});
            step.worked = "That is " + text(k) + " * " + text(m) + " = " + text(k * m) + " more. " + now + text(value) +
                          " + " + text(k * m) + " = " + text(step.after) + have;
            break;
        case 3:
            step.after = value - k * m;
            step.canonical = "-" + text(k) + "*" + text(m);
            told({scene.pronoun + " fills " + text(k) + " " + scene.packs + " with " + text(m) + " " + things +
                      " each and sells them.",
                  scene.pronoun + " gives " + text(m) + " " + things + " to each of " + text(k) + " friends.",
                  "On each of the next " + text(k) + " days " + scene.name + " loses " + text(m) + " " + things + "."});
            step.worked = "That is " + text(k) + " * " + text(m) + " = " + text(k * m) + " fewer. " + now +
                          text(value) + " - " + text(k * m) + " = " + text(step.after) + have;
            break;
        case 4:
            step.after = value * few;
            step.canonical = "*" + text(few);
            told({"A week later " + scene.name + " has " + text(few) + " times as many " + things + " as before.",
                  "By the end of the year " + scene.name + " has " + text(few) + " times as many " + things +
                      " as before.",
                  scene.pronoun + " trades all of them for " + text(few) + " times as many " + things + "."});
            step.worked = now + text(value) + " * " + text(few) + " = " + text(step.after) + have;
            break;
        case 5:
            if (value % few != 0) return std::nullopt;
            step.after = value / few;
            step.canonical = "/" + text(few);
            told({scene.pronoun + " divides the " + things + " into " + text(few) +
                      " equal heaps and keeps only one of them.",
                  scene.pronoun + " shares the " + things + " so that " + text(few) + " people, " + scene.name +
                      " among them, have equally many.",
                  scene.pronoun + " puts the " + things + " into " + text(few) + " " + scene.packs +
                      ", equally many in each, and gives all but one of the " + scene.packs + " away."});
            step.worked = now + text(value) + " / " + text(few) + " = " + text(step.after) + have;
            break;
        default: {
            const std::int64_t theirs = kind == 6 ? value + k : value * few;
            step.after = value + theirs;
            step.canonical = kind == 6 ? "&+" + text(k) : "&*" + text(few);
            step.told = scene.friend_name + " has " +
                        (kind == 6 ? text(k) + " more " + things + " than " + scene.name
                                   : text(few) + " times as many " + things + " as " + scene.name) +
                        ". How many " + things + " do the two have together?";
            step.worked = scene.friend_name + " has " + text(value) +
                          (kind == 6 ? " + " + text(k) : " * " + text(few)) + " = " + text(theirs) + " " + things +
                          ". Together they have " + text(value) + " + " + text(theirs) + " = " + text(step.after) +
                          have;
        }
    }
    if (step.after < 2 || step.after > options.largest) return std::nullopt;
    return step;
}

inline std::optional<generated_problem> word_problem(const word_problem_prompts_options& options, draws& random) {
    constexpr int tries = 50;
    const word_scene scene = draw_scene(random);
    const std::int64_t steps = random.between(options.min_steps, options.max_steps);
    std::int64_t value = random.between(options.low, options.high);
    const std::string start = scene.name + " has " + std::to_string(value) + " " + scene.things;
    generated_problem problem;
    problem.canonical = "word problem " + std::to_string(value);
    problem.question = start + ".";
    std::string solution = start + " at first.";
    for (std::int64_t i = 0; i < steps; ++i) {
        std::optional<word_step> step;
        for (int n = 0; n < tries && !step; ++n) step = draw_word_step(value, i + 1 == steps, scene, options, random);
        if (!step) return std::nullopt;
        value = step->after;
        problem.canonical += " " + step->canonical;
        problem.question += " " + step->told;
        solution += "\n" + step->worked;
    }
    if (problem.question.back() != '?')
        problem.question += " How many " + scene.things + " does " + scene.name + " have now?";
    problem.fields = {
        {"steps", steps}, {"answer", value}, {"solution", solution + "\nThe answer is " + std::to_string(value) + "."}};
    return problem;
}

inline problem_stream word_problem_stream(const word_problem_prompts_options& options) {
    options.validate();
    return {{.whose = "the word problems",
             .settings = {{"min_steps", options.min_steps},
                          {"max_steps", options.max_steps},
                          {"low", options.low},
                          {"high", options.high},
                          {"largest", options.largest}},
             .seed = options.seed,
             .held_out_every = options.held_out_every,
             .render = options.render},
            [options](draws& random) { return word_problem(options, random); }};
}

}  // namespace detail

/// `count` different problems that `word_problem_prompts` never asks, whatever its seed, if `held_out_every` is the
/// same; `prompt::index` from 0. Problems are the same if they compute the same, whoever has whatever things.
/// Throws `aha::error` if there are not so many.
inline std::vector<prompt> held_out_word_problems(std::int64_t count,
                                                  const word_problem_prompts_options& options = {}) {
    return detail::word_problem_stream(options).held_out(count);
}

/// Word problems of several steps without end, a prompt source: somebody has things, gets, loses, multiplies and shares
/// them; how many are there at the end? All numbers on the way are whole and at least 2. `prompt::fields` holds
/// "question", "steps" (how many), "answer", and "solution": a line for the start, each step and the answer, fit to be
/// learned as a completion.
class word_problem_prompts {
public:
    /// Throws `aha::error` if the options make no sense.
    explicit word_problem_prompts(const word_problem_prompts_options& options = {})
        : stream_{detail::word_problem_stream(options)} {}

    /// The next problem; there always is one. Throws `aha::error` if the bounds leave none.
    std::optional<prompt> next() { return stream_.next(); }

    state_values save() const { return stream_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in other problems.
    void load(const state_values& saved) { stream_.load(saved); }

private:
    detail::problem_stream stream_;
};

}  // namespace aha
