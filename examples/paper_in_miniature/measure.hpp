#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aha/reward/accuracy.hpp>
#include <aha/reward/answer_tag.hpp>
#include <aha/reward/format.hpp>
#include <aha/reward/majority.hpp>
#include <aha/reward/pass_at_k.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>

#include <examples/paper_in_miniature/reasoner.hpp>

namespace miniature {

/// What a model does on held-out questions. Shares of samples, in [0, 1].
struct measured {
    double accuracy = 0;     ///< sampled at temperature 1: pass@1
    double error = 0;        ///< standard error of `accuracy`, over questions
    double format = 0;       ///< sampled
    double consistency = 0;  ///< of the sampled reasoning's language
    double length = 0;       ///< tokens
    double greedy = 0;       ///< accuracy at temperature 0
    double majority = 0;     ///< accuracy of the answer given most often
    double pass_at_n = 0;    ///< share of questions with a right answer among the samples

    nlohmann::ordered_json to_json() const {
        return {{"accuracy", accuracy}, {"error", error},   {"format", format},     {"consistency", consistency},
                {"length", length},     {"greedy", greedy}, {"majority", majority}, {"pass_at_n", pass_at_n}};
    }
};

struct measure_options {
    std::int64_t questions = 512;
    std::int64_t samples = 4;  ///< a question
    bool greedy = true;
    std::int64_t first = 0;  ///< index of the first held-out question
};

/// Asks held-out questions. The draws are those of a step that no training run reaches.
inline measured measure(const reasoner& r, const reversed_addition& task, const measure_options& options = {}) {
    std::vector<aha::prompt> asked =
        task.questions_from(options.first, options.questions, aha::testing::split::held_out);
    for (aha::prompt& p : asked) p.ids = aha::tokens_of(r, p);
    const aha::accuracy right{.source = aha::answer_source::answer_tag};
    const aha::random_key key{task.options().seed, std::numeric_limits<std::uint64_t>::max(), 0, 0};
    const auto sample = [&](double temperature, std::int64_t count) {
        const aha::autoregressive_sampler sampler{
            r.tokenizer, {.temperature = temperature, .max_new_tokens = task.response_tokens() + 4}, 1024};
        return sampler.sample(r.model, asked, count, key);
    };

    measured m;
    double squares = 0;
    const auto questions = static_cast<double>(options.questions), samples = static_cast<double>(options.samples);
    for (const aha::rollout_group& group : sample(1, options.samples)) {
        std::int64_t correct = 0;
        std::vector<std::optional<std::string>> answers;
        for (const aha::completion& said : group.completions) {
            correct += right(group.prompt, said) ? 1 : 0;
            m.format += aha::format_reward{}(group.prompt, said) ? 1 : 0;
            m.consistency += task.consistency(group.prompt, said.text);
            m.length += static_cast<double>(said.ids.size());
            answers.push_back(aha::answer_tag(said.text));
        }
        const double share = static_cast<double>(correct) / samples;
        m.accuracy += share;
        squares += share * share;
        m.pass_at_n += correct > 0 ? 1 : 0;
        if (const auto vote = aha::majority(answers)) {
            const auto winner = std::find(answers.begin(), answers.end(), vote) - answers.begin();
            m.majority += right(group.prompt, group.completions[static_cast<std::size_t>(winner)]) ? 1 : 0;
        }
    }
    for (double* const sum : {&m.format, &m.consistency, &m.length}) *sum /= questions * samples;
    for (double* const sum : {&m.accuracy, &m.pass_at_n, &m.majority}) *sum /= questions;
    m.error = std::sqrt((squares / questions - m.accuracy * m.accuracy) / questions);
    if (options.greedy)
        for (const aha::rollout_group& group : sample(0, 1))
            m.greedy += right(group.prompt, group.completions.front()) ? 1 / questions : 0;
    return m;
}

}  // namespace miniature
