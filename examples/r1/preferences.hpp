#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/aha.hpp>

#include <examples/support/chain.hpp>
#include <examples/support/stages.hpp>
#include <examples/support/tasks.hpp>

namespace example {

/// Pairs of answers to the courtesies of training, the warm one chosen: prompt and summary, without a thought.
template <class Source>
std::vector<aha::preference_pair> courtesy_pairs(const Source& source) {
    const auto render = plain_template();
    std::vector<aha::preference_pair> pairs;
    for (std::size_t n = 0; n < courtesies; ++n) {
        if (held_out(n)) continue;
        const courtesy c = nth_courtesy(n);
        const auto side = [&](const std::string& said) {
            return aha::completion_example(source, render(c.request), "<answer> " + said + " </answer>").ids;
        };
        pairs.push_back({std::ssize(pairs), side(c.warm), side(c.curt)});
    }
    return pairs;
}

/// Trains a reward model on `source` and saves it.
template <class Tensor>
nlohmann::json train_judge(const chain& all, const aha::stage& stage, aha::pretrained<aha::decoder<Tensor>> source,
                           const stage_options& o) {
    aha::pretrained<aha::reward_model<aha::decoder<Tensor>>> judge{aha::reward_model{std::move(source.model)},
                                                                   source.tokenizer, source.chat,
                                                                   source.tokenizer_folder, source.text};
    aha::reward_trainer trainer{
        judge, courtesy_pairs(judge), {.batch_size = 16, .learning_rate = o.rm_rate, .epochs = 4, .seed = o.seed}};
    const double seconds = all.train(stage, trainer, trainer.total_steps());
    aha::save_pretrained(judge, stage.model());
    return {{"steps", trainer.steps_done()}, {"seconds", seconds}};
}

/// A reward model's opinion of summaries, squashed into (0, 1), so that it weighs as much as a rule.
template <class Judge>
auto judge_reward(Judge judge) {
    return [raw = aha::model_reward{std::move(judge), {.part = aha::scored_part::summary}}](
               const aha::prompt& asked, std::span<const aha::completion> given) {
        std::vector<aha::score> scores = raw(asked, given);
        for (aha::score& s : scores) s.value = 1 / (1 + std::exp(-s.value));
        return scores;
    };
}

/// Sums and courtesies, half and half.
inline aha::mixed_prompts all_scenarios(const stage_options& o, const std::vector<aha::prompt>& held_out_sums) {
    const auto render = plain_template();
    return aha::mixed_prompts{
        {.seed = o.seed},
        aha::mixed_part{"sums", 1,
                        aha::addition_prompts{{.seed = o.seed, .held_out = held_out_sums, .render = render}}},
        aha::mixed_part{"courtesies", 1, aha::vector_prompts{courtesy_prompts(false, render), {.seed = o.seed}}}};
}

/// R1's reward for all scenarios: the rule for sums, the reward model for courtesies, format and language for both.
template <class Preference>
auto all_scenarios_reward(Preference preference) {
    return aha::sum_rewards(
        aha::named("accuracy", aha::applies_to(aha::field_is{"source", "sums"},
                                               aha::accuracy{.source = aha::answer_source::answer_tag})),
        aha::named("format", aha::format_reward{}),
        aha::named("language", aha::language_consistency<>{{.language = "en"}}),
        aha::named("preference", aha::applies_to(aha::field_is{"source", "courtesies"}, std::move(preference))));
}

}  // namespace example
