#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/aha.hpp>
#include <aha/data/completion_example.hpp>
#include <aha/train/sft.hpp>

#include <examples/paper_in_miniature/measure.hpp>

namespace miniature {

/// Figures of each step, called as they come.
using watcher = std::function<void(const aha::step_report&)>;

/// Arithmetic of a model of N weights, in floating-point operations: 2 N for a token that is read or sampled, 6 N for
/// one that is learned from (forward and backward; Kaplan et al. 2020, section 2.1), attention left out.
struct arithmetic {
    double operations = 0;
    void read(const reasoner& r, double tokens) { operations += 2 * weights(r) * tokens; }
    void learn(const reasoner& r, double tokens) { operations += 6 * weights(r) * tokens; }

private:
    static double weights(const reasoner& r) { return static_cast<double>(r.model.weights().values().numel()); }
};

/// R1's rule rewards, with equal weights.
inline auto rule_rewards() {
    return aha::sum_rewards(aha::named("accuracy", aha::accuracy{.source = aha::answer_source::answer_tag}),
                            aha::named("format", aha::format_reward{}));
}

/// The advantages of `group_relative`, dealt to the completions of the whole step at random: a control that has every
/// size of the signal and none of its meaning.
class permuted_advantages {
public:
    explicit permuted_advantages(std::uint64_t seed = 0) : seed_{seed} {}

    aha::token_values operator()(std::span<const aha::rollout_group> groups) const {
        std::vector<float> all;
        for (const aha::rollout_group& group : groups)
            for (const double a : aha::group_relative{}(group.scores)) all.push_back(static_cast<float>(a));
        const auto step = static_cast<std::uint64_t>(groups.empty() ? 0 : groups.front().prompt.index);
        const aha::random_stream random{{seed_, step, 0, 0}};
        for (std::size_t left = all.size(); left > 1; --left) std::swap(all[left - 1], all[random.below(left, left)]);
        aha::token_values values;
        std::size_t next = 0;
        for (const aha::rollout_group& group : groups) {
            values.emplace_back();
            for (const aha::completion& c : group.completions) values.back().emplace_back(c.ids.size(), all[next++]);
        }
        return values;
    }

private:
    std::uint64_t seed_;
};

/// The reward of a fair coin: which side is a matter of the completion's text and the question alone.
inline auto coin_reward() {
    return [](const aha::prompt& asked, const aha::completion& said) {
        std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a, then mixed
        for (const char c : asked.text + said.text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        return aha::random_stream{{hash, 0, 0, 0}}.uniform(0) < 0.5;
    };
}

struct rl_options {
    std::int64_t steps = 150, questions = 16;
    double learning_rate = 1e-4;
    std::int64_t first_question = 1'000'000;  ///< of the training split; supervised rows begin at 0
};

/// GRPO in DeepSeekMath's form: 16 completions per question, each completion's mean over its tokens, a KL term of
/// weight 0.001 to the model that training began with, one update a rollout.
/// @return what it cost
template <class Reward, class Advantage = aha::group_relative>
arithmetic reinforce(reasoner& r, const reversed_addition& task, const Reward& reward, const rl_options& options,
                     const watcher& watch, Advantage advantage = Advantage{}) {
    aha::grpo trainer{
        r,
        aha::vector_prompts{task.questions_from(options.first_question, options.steps * options.questions),
                            {.shuffle = false}},
        reward,
        aha::grpo_options{.prompts_per_step = options.questions,
                          .group_size = 16,
                          .learning_rate = options.learning_rate,
                          .microbatch_tokens = 8192,
                          .seed = task.options().seed},
        aha::autoregressive_sampler{r.tokenizer, {.max_new_tokens = task.response_tokens() + 4}},
        std::move(advantage),
        aha::sequence_mean{},
        aha::grpo_loss{{.beta = 0.001}},
        aha::reward_options{.threads = 1}};
    arithmetic cost;
    for (const aha::step_report& step : trainer.steps(options.steps)) {
        const double tokens = step.metric("completions/mean_length") * static_cast<double>(options.questions * 16);
        cost.read(r, 2 * tokens);  // sampled, and read by the reference
        cost.learn(r, tokens);
        watch(step);
    }
    return cost;
}

/// Rows to learn from: questions and what is said to them.
inline std::vector<aha::supervised_example> rows_of(const reasoner& r, const reversed_addition& task,
                                                    std::int64_t count,
                                                    const aha::testing::response_noise& noise = {}) {
    std::vector<aha::supervised_example> rows;
    for (const aha::prompt& p : task.questions_from(0, count))
        rows.push_back(aha::completion_example(r, p.text, task.response(p, noise), p.index));
    return rows;
}

}  // namespace miniature
