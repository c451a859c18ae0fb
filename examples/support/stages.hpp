#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/aha.hpp>

#include <examples/support/chain.hpp>
#include <examples/support/tasks.hpp>

namespace example {

/// Numbers of the chain; defaults make it in well under half an hour on two cores.
struct stage_options {
    std::int64_t zero_steps = 16;         ///< of R1-Zero
    std::int64_t dev2_steps = 16;         ///< of the reasoning RL
    std::int64_t rules_steps = 8;         ///< of the RL for all scenarios, with rules alone
    std::int64_t preference_steps = 8;    ///< and then with courtesies and the reward model too
    std::int64_t prompts = 8, group = 8;  ///< questions a step, completions per question
    std::int64_t cold_start = 160;        ///< examples
    std::int64_t rejection_prompts = 256, rejection_samples = 4;
    std::int64_t general = 96;    ///< examples that are no sums in the second supervised stage
    std::int64_t held_out = 128;  ///< sums to evaluate on
    std::int64_t epochs = 2;      ///< of the supervised stages
    double rl_rate = 1e-5, sft_rate = 5e-5, rm_rate = 2e-5;
    double russian = 0.4;  ///< share of the cold start's thoughts that are in Russian
    std::int64_t max_new_tokens = 40;
    std::uint64_t seed = 1;

    nlohmann::json rl(std::int64_t steps, double temperature) const {
        return {{"steps", steps},
                {"prompts", prompts},
                {"group", group},
                {"learning_rate", rl_rate},
                {"seed", seed},
                {"temperature", temperature},
                {"max_new_tokens", max_new_tokens}};
    }
};

/// Sampling up to the closing tag of the answer, which the rewards look for and the supervised set is taught.
inline aha::sampling_options until_answered(const stage_options& o, double temperature = 1) {
    return {.temperature = temperature,
            .max_new_tokens = o.max_new_tokens,
            .stop = {"</answer>"},
            .include_stop_string = true};
}

/// Makes a prompt of a question.
using renderer = std::function<std::string(std::string_view)>;

/// R1-Zero's two rewards.
inline auto rules() {
    return aha::sum_rewards(aha::named("accuracy", aha::accuracy{.source = aha::answer_source::answer_tag}),
                            aha::named("format", aha::format_reward{}));
}

/// The same with the share of English words in the thought, as R1's reasoning RL adds it.
inline auto reasoning_reward() {
    return aha::sum_rewards(aha::named("accuracy", aha::accuracy{.source = aha::answer_source::answer_tag}),
                            aha::named("format", aha::format_reward{}),
                            aha::named("language", aha::language_consistency<>{{.language = "en"}}));
}

/// Examples a step of supervised training.
inline constexpr std::int64_t batch_of_examples = 16;

/// A rate that rises for a tenth of the steps over `count` examples and decays to a tenth.
inline aha::warmup_schedule supervised_rate(std::int64_t count, const stage_options& o) {
    const std::int64_t steps = (count + batch_of_examples - 1) / batch_of_examples * o.epochs;
    return aha::warmup_schedule{
        {.warmup_steps = steps / 10, .total_steps = steps, .shape = aha::decay_shape::cosine, .floor = 0.1}};
}

/// R1's supervised stages: a model folder made of `source` and examples.
template <class Source>
nlohmann::json fine_tune(const chain& all, const aha::stage& stage, Source& source,
                         std::vector<aha::supervised_example> examples, const stage_options& o) {
    const auto count = std::ssize(examples);
    aha::sft trainer{
        source,
        std::move(examples),
        {.batch_size = batch_of_examples, .learning_rate = o.sft_rate, .rows = {.seed = o.seed, .epochs = o.epochs}},
        supervised_rate(count, o)};
    const double seconds = all.train(stage, trainer, trainer.total_steps());
    aha::save_pretrained(source, stage.model());
    return {{"examples", count}, {"seconds", seconds}};
}

/// The trainer of a reinforcement stage: GRPO with `reward`.
template <class Source, class Prompts, class Reward>
auto reinforcement(Source& source, Prompts prompts, Reward reward, const stage_options& o, double temperature) {
    return aha::grpo{source,
                     std::move(prompts),
                     std::move(reward),
                     {.prompts_per_step = o.prompts, .group_size = o.group, .learning_rate = o.rl_rate, .seed = o.seed},
                     aha::autoregressive_sampler{source.tokenizer, until_answered(o, temperature)}};
}

/// A reinforcement stage of so many steps.
template <class Source, class Prompts, class Reward>
nlohmann::json reinforce(const chain& all, const aha::stage& stage, Source& source, Prompts prompts, Reward reward,
                         const stage_options& o, std::int64_t steps, double temperature) {
    auto trainer = reinforcement(source, std::move(prompts), std::move(reward), o, temperature);
    const double seconds = all.train(stage, trainer, steps);
    aha::save_pretrained(source, stage.model());
    return {{"steps", steps}, {"seconds", seconds}};
}

/// A reinforcement stage of so many seconds, eight steps at a time.
template <class Source, class Prompts, class Reward>
nlohmann::json reinforce_for(const chain& all, const aha::stage& stage, Source& source, Prompts prompts, Reward reward,
                             const stage_options& o, double budget) {
    auto trainer = reinforcement(source, std::move(prompts), std::move(reward), o, 1);
    double seconds = 0;
    for (std::int64_t steps = 8; seconds < budget; steps = trainer.steps_done() + 8)
        seconds = all.train(stage, trainer, steps);
    aha::save_pretrained(source, stage.model());
    return {{"steps", trainer.steps_done()}, {"seconds", seconds}};
}

/// The cold start's examples: right sums with readable thoughts, a share of them in Russian, so that the languages mix
/// as R1-Zero's did.
template <class Source>
std::vector<aha::supervised_example> cold_start_examples(const Source& source, const stage_options& o,
                                                         const std::vector<aha::prompt>& held_out) {
    aha::addition_prompts questions{{.seed = o.seed + 1, .held_out = held_out, .render = plain_template()}};
    const aha::random_stream random{{o.seed, 1, 0, 0}};
    std::vector<aha::supervised_example> examples;
    for (std::int64_t n = 0; n < o.cold_start; ++n) {
        const aha::prompt asked = *questions.next();
        const bool english = random.uniform(static_cast<std::uint64_t>(n)) >= o.russian;
        examples.push_back(aha::completion_example(source, asked.text, sum_response(asked, english), n));
    }
    return examples;
}

/// Samples answers, keeps the right ones that pass the filters, and writes them as a supervised set.
template <class Source, class Prompts>
nlohmann::json sample_and_filter(const chain& all, const aha::stage& stage, const Source& source, Prompts prompts,
                                 const stage_options& o) {
    aha::rejection_sampling sampler{
        source,
        std::move(prompts),
        rules(),
        {.samples = o.rejection_samples, .prompts_per_step = 32, .min_reward = 2, .keep = 2, .seed = o.seed},
        aha::autoregressive_sampler{source.tokenizer, until_answered(o)},
        aha::mixes_languages<>{{.consistency = {.language = "en"}}},
        aha::repeats{},
        aha::long_paragraphs{},
        aha::has_code_block{}};
    aha::examples_file examples{stage.folder() / "sft.jsonl"};
    const double seconds = all.train(stage, sampler, (o.rejection_prompts + 31) / 32, examples);
    aha::require(sampler.kept() > 0, "no answer of ", o.rejection_prompts, " prompts was right and passed the filters");
    return {{"kept", sampler.kept()}, {"seconds", seconds}};
}

/// The supervised set that `sample_and_filter` wrote.
template <class Source>
std::vector<aha::supervised_example> sampled_examples(const Source& source, const std::filesystem::path& file) {
    return aha::read_examples(source, file).records;
}

/// Courtesies with answers of both kinds, half and half: what a general data set is before anybody states a preference.
template <class Source>
std::vector<aha::supervised_example> general_examples(const Source& source, const stage_options& o) {
    const auto render = plain_template();
    std::vector<aha::supervised_example> examples;
    for (std::size_t n = 0; std::ssize(examples) < o.general; ++n) {
        if (held_out(n % courtesies)) continue;
        const courtesy c = nth_courtesy(n % courtesies);
        const bool warm = (n / 3 + n / courtesies) % 2 == 0;
        const std::string said = response(c.thought, warm ? c.warm : c.curt);
        examples.push_back(aha::completion_example(source, render(c.request), said, static_cast<std::int64_t>(n)));
    }
    return examples;
}

}  // namespace example
