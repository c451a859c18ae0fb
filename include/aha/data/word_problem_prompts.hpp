#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/state.hpp>
#include <aha/data/problem_stream.hpp>
#include <aha/data/word_problem.hpp>
#include <aha/data/word_problem_prompts_options.hpp>

namespace aha {

namespace detail {

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

    state save() const { return stream_.save(); }

    /// Goes back to a saved place. Throws `aha::error` if that is a place in other problems.
    void load(const state& saved) { stream_.load(saved); }

private:
    detail::problem_stream stream_;
};

}  // namespace aha
