#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/advantage/group_relative.hpp>
#include <aha/concepts/advantage.hpp>
#include <aha/concepts/aggregation.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/objective.hpp>
#include <aha/concepts/policy_loss.hpp>
#include <aha/concepts/prompt_source.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/update/assign_advantages.hpp>
#include <aha/update/frozen_policy.hpp>
#include <aha/update/minibatch.hpp>
#include <aha/update/policy_gradient.hpp>
#include <aha/rollout/prompt_reader.hpp>
#include <aha/rollout/rollout_metrics.hpp>
#include <aha/train/sample_and_score.hpp>
#include <aha/rollout/sampler_traits.hpp>
#include <aha/train/trainer.hpp>

namespace aha {

/// Numbers of a GRPO run; what to compute is in the trainer's slots. Defaults suit a small model on a laptop.
struct grpo_options {
    std::int64_t prompts_per_step = 8;  ///< questions per rollout
    std::int64_t group_size = 8;        ///< completions per question, G
    double learning_rate = 2e-5;        ///< peak; the schedule multiplies it
    std::int64_t minibatches = 1;       ///< optimizer steps per pass over a rollout
    std::int64_t inner_epochs = 1;      ///< passes over a rollout (mu)
    double max_gradient_norm = 1.0;     ///< global gradient clip; 0 switches it off
    /// Rollouts a step may take to fill up with groups whose scores differ, the others teaching nothing (DAPO's dynamic
    /// sampling, Yu et al. 2025, section 3.2); each round asks as many new questions as are missing. 0: off. When the
    /// rounds are used up the step learns from the groups it has.
    std::int64_t dynamic_sampling = 0;
    bool mask_truncated = false;  ///< completions cut by the token budget teach nothing and count in no denominator,
                                  ///< but in their group's statistics (DAPO's overlong filtering, section 3.4)
    std::int64_t reference_refresh = 0;     ///< steps after which the reference becomes the policy; 0: never
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward and backward pass; a memory limit, not a
                                            ///< hyper-parameter: results do not depend on it
    prompt_limits prompt_limit{};           ///< how long a prompt may be, and what becomes of a longer one
    std::uint64_t seed = 0;                 ///< of all sampling
    bool operator==(const grpo_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(prompts_per_step > 0, "prompts_per_step must be positive, not ", prompts_per_step);
        require(group_size > 1, "group_size must be at least 2, not ", group_size,
                ": a completion is judged by comparison with its group");
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(minibatches > 0 && minibatches <= prompts_per_step, "minibatches must be in [1, ", prompts_per_step,
                "], the prompts of a step, not ", minibatches);
        require(inner_epochs > 0, "inner_epochs must be positive, not ", inner_epochs);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(dynamic_sampling >= 0, "dynamic_sampling must be 0 (off) or more rounds, not ", dynamic_sampling);
        require(reference_refresh >= 0, "reference_refresh must be 0 (never) or more, not ", reference_refresh);
        prompt_limit.validate();
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

/// What `grpo` trains for: the policy loss over groups of completions, judged by comparison within their group.
template <class Source, class Prompts, class Reward, class Sampler, class Advantage, class Loss, class Aggregation>
class grpo_objective {
    using model_type = model_of_t<Source>;

public:
    /// What a step learns from, with the metrics of all that was sampled for it.
    struct batch {
        std::shared_ptr<std::vector<rollout_group>> groups{};   ///< of all ranks; the minibatches point into it
        std::vector<std::vector<training_item>> minibatches{};  ///< this rank's
        frozen_log_probs frozen{};     ///< before the first of several updates, and of a KL term's reference
        metric_list metrics{};         ///< of the rollout
        std::int64_t tokens = 0;       ///< of prompts and completions
        double completion_tokens = 0;  ///< of all minibatches and passes, those without a gradient included
        double rollout_seconds = 0, reward_seconds = 0;  ///< of sampling; of scoring and comparing
        double reference_seconds = 0;                    ///< of passes of the reference policy, before the updates
        double reference_seconds_in_updates = 0;         ///< of those in the updates
    };

    /// @param source by reference: it outlives the objective
    grpo_objective(const Source& source, Prompts prompts, Reward reward, const grpo_options& options, Sampler sampler,
                   Advantage advantage, Loss loss, Aggregation aggregation, reward_options rewarding)
        : options_{(options.validate(), options)},
          reward_{std::move(reward)},
          reward_options_{std::move(rewarding)},
          sampler_{std::move(sampler)},
          prompts_{source, std::move(prompts), options.prompt_limit, detail::completion_tokens(sampler_)},
          advantage_{std::move(advantage)},
          loss_{std::move(loss)},
          aggregation_{std::move(aggregation)},
          reference_{model_of(source), loss_.needs_reference() || advantage_needs_reference()} {}

    /// Samples a group of completions for each question, scores them, and compares them within their group.
    template <class Communicator>
    batch next(const step_context<model_type, Communicator>& at) {
        batch made = roll_out(at);
        const stopwatch comparing;
        detail::assign_advantages(advantage_, *made.groups);
        made.reward_seconds += comparing.seconds();
        for (std::int64_t n = 0; n < options_.minibatches; ++n) {
            std::vector<training_item> items =
                minibatch_items(*made.groups, n, options_.minibatches, options_.mask_truncated, aggregation_);
            if (items.empty()) continue;  // all truncated, or fewer groups than minibatches
            for (const training_item& item : items)
                made.completion_tokens +=
                    static_cast<double>(options_.inner_epochs * num_policy_tokens(item.completion()));
            made.minibatches.push_back(own_items(at.ranks, drop_zero_advantage(std::move(items))));
        }
        return made;
    }

    /// One optimizer step a minibatch, `inner_epochs` times.
    std::int64_t updates(const batch& made) const { return options_.inner_epochs * std::ssize(made.minibatches); }

    /// Adds the gradient of one minibatch.
    gradient_sums accumulate(const model_type& model, batch& made, std::size_t update, const microbatch_hook& before) {
        if (update == 0) fill_log_probs(model, made);
        const std::vector<training_item>& items = made.minibatches[update % made.minibatches.size()];
        return accumulate_gradient(model, loss_, items, options_.microbatch_tokens,
                                   detail::sampler_temperature(sampler_), before);
    }

    /// `sampler_gap` is how far the first update's log-probs are from the sampler's.
    metric_list report(const batch& made, std::span<const gradient_sums> updates, const update_record& record) const {
        metric_list metrics = made.metrics;
        const auto add = [&](const std::string& name, double value) { metrics.emplace_back(name, value); };
        gradient_sums all;
        for (const gradient_sums& one : updates) all += one;
        for (const auto& [name, sum] : all.sums)
            add(name, made.completion_tokens > 0 ? sum / made.completion_tokens : 0);
        const gradient_sums first = updates.empty() ? gradient_sums{} : updates.front();
        add("tokens/trained", all.tokens);
        add("sampler_gap/max", first.largest_gap);
        add("sampler_gap/mean", first.tokens > 0 ? first.gap / first.tokens : 0);
        add("time/rollout", made.rollout_seconds);
        add("time/reward", made.reward_seconds);
        if (reference_.get() != nullptr)
            add("time/reference", made.reference_seconds + made.reference_seconds_in_updates);
        add("time/train", record.seconds - made.reference_seconds_in_updates);
        return metrics;
    }

    std::int64_t num_tokens(const batch& made) const { return made.tokens; }
    std::shared_ptr<const std::vector<rollout_group>> groups(batch made) const { return std::move(made.groups); }

    /// The reference becomes the policy every `reference_refresh` steps.
    void after_step(const model_type& model, std::int64_t step) {
        if (options_.reference_refresh > 0 && step % options_.reference_refresh == 0) refresh_reference(model);
    }
    /// The reference becomes the policy as it is now.
    void refresh_reference(const model_type& model) { reference_.refresh(model); }

    const grpo_options& options() const { return options_; }
    const Sampler& sampler() const { return sampler_; }  ///< what answers the prompts

    /// What a step that fails goes back to.
    auto place() const {
        return [prompts = prompts_.where(), memory = detail::sampler_memory(sampler_)](grpo_objective& self) {
            self.prompts_.go_back(prompts);
            detail::load_sampler(memory, self.sampler_);
        };
    }
    template <class Place>
    void go_back(const Place& place) {
        place(*this);
    }

    /// Random draws derive from the seed and the step, and no rollout outlives its step, so neither needs saving.
    state save() const {
        state s;
        s.put("prompts", prompts_.save());
        s.put("reference", reference_.save());
        detail::save_sampler(s, sampler_);
        s.values["seed"] = options_.seed;
        return s;
    }

    void load(const state& s) {
        require(s.values.at("seed") == options_.seed, "the checkpoint was made with seed ", s.values.at("seed").dump(),
                ", this run has ", options_.seed);
        prompts_.load(s.part("prompts"));
        reference_.load(s.part("reference"));
        detail::load_sampler(s, sampler_);
    }

private:
    /// Samples and scores groups: those of the step's questions and, with dynamic sampling, of further ones until
    /// enough have scores that differ.
    template <class Communicator>
    batch roll_out(const step_context<model_type, Communicator>& at) {
        batch made;
        std::vector<rollout_group> groups;
        const auto useful = [&] { return std::ranges::count_if(groups, scores_differ); };
        std::int64_t missing = options_.prompts_per_step, rounds = 0;
        do {
            std::vector<prompt> questions = prompts_.draw(missing, rounds > 0);
            if (rounds == 0 && std::ssize(questions) != missing)  // on all ranks, which draw the same
                throw joint_error{"the prompts ran out at step " + std::to_string(at.step + 1) + " after " +
                                  std::to_string(questions.size()) + " of " + std::to_string(missing)};
            if (questions.empty()) break;
            scored_groups more =
                distribute_and_score(at.ranks, at.model, sampler_, reward_, reward_options_, std::move(questions),
                                     options_.group_size, {options_.seed, static_cast<std::uint64_t>(at.step)},
                                     [&](std::vector<rollout_group>& own) { add_reference_log_probs(own, made); });
            made.rollout_seconds += more.sampling;
            made.reward_seconds += more.scoring;
            std::ranges::move(more.groups, std::back_inserter(groups));
            missing = options_.prompts_per_step - useful();
        } while (++rounds < options_.dynamic_sampling && missing > 0);

        detail::check_temperature(sampler_, groups);
        prompts_.hear(groups);
        for (const rollout_group& group : groups)
            for (const completion& c : group.completions)
                made.tokens += static_cast<std::int64_t>(group.prompt.ids.size() + c.ids.size());
        made.metrics = rollout_metrics(groups);
        if (options_.prompt_limit.long_prompts != overlong::refuse) {
            made.metrics.emplace_back("prompts/dropped", static_cast<double>(prompts_.dropped()));
            made.metrics.emplace_back("prompts/cut", static_cast<double>(prompts_.cut()));
        }
        if (options_.dynamic_sampling > 0) {
            made.metrics.emplace_back("dynamic_sampling/rounds", static_cast<double>(rounds));
            made.metrics.emplace_back("dynamic_sampling/kept", static_cast<double>(useful()));
            std::erase_if(groups, [](const rollout_group& group) { return !scores_differ(group); });
        }
        made.groups = std::make_shared<std::vector<rollout_group>>(std::move(groups));
        return made;
    }

    /// What an advantage reads that compares with the reference.
    void add_reference_log_probs(std::vector<rollout_group>& groups, batch& timed) const {
        if (!advantage_needs_reference()) return;
        const stopwatch referring;
        fill_reference_log_probs(*reference_.get(), groups, options_.microbatch_tokens,
                                 detail::sampler_temperature(sampler_));
        timed.reference_seconds += referring.seconds();
    }

    /// Log-probs that stay as they are while the policy moves: its own before the first of several updates, and the
    /// reference's.
    void fill_log_probs(const model_type& model, batch& made) {
        const double temperature = detail::sampler_temperature(sampler_);
        if (options_.minibatches * options_.inner_epochs > 1)
            for (std::vector<training_item>& items : made.minibatches)
                made.frozen.fill_old(model, items, options_.microbatch_tokens, temperature);
        if (!loss_.needs_reference()) return;
        const stopwatch referring;
        for (std::vector<training_item>& items : made.minibatches)
            made.frozen.fill_reference(*reference_.get(), items, options_.microbatch_tokens, temperature);
        made.reference_seconds_in_updates = referring.seconds();
    }

    bool advantage_needs_reference() const {
        if constexpr (advantage_says_whether_it_needs_a_reference<Advantage>) return advantage_.needs_reference();
        else return false;
    }

    /// Completions that can change the gradient. Without a KL term those with advantage 0 cannot: they count in every
    /// denominator and cost no arithmetic.
    std::vector<training_item> drop_zero_advantage(std::vector<training_item> items) const {
        if (loss_.ignores_zero_advantage())
            std::erase_if(items, [](const training_item& i) { return i.has_zero_advantage(); });
        return items;
    }

    grpo_options options_;
    Reward reward_;
    aha::reward_options reward_options_;
    Sampler sampler_;
    prompt_reader<Source, Prompts> prompts_;
    Advantage advantage_;
    Loss loss_;
    Aggregation aggregation_;
    reference_policy<model_type> reference_;
};

/// Group Relative Policy Optimization (Shao et al. 2024, DeepSeekMath, section 4.1; DeepSeek-R1, section 2.2.1).
///
/// Departures from the paper, each a slot that can be filled otherwise: token-level ratios (DeepSeekMath's form; R1
/// prints sequence ratios); the mean runs over all tokens of the batch (`token_mean`), not first over each completion
/// (`sequence_mean`); no KL term unless `grpo_loss` has a beta; minibatches split a rollout by groups, not by
/// completions, so that a prompt is computed once. With one update a rollout the ratio is exactly 1, as in the paper.
///
/// Slots, given after the options in any order: sampler, advantage, loss, aggregation, optimizer, schedule,
/// reward_options, communicator. Started as one of several ranks it samples, scores and trains on its share of each
/// step, and every rank ends the step with the same weights.
///
/// @tparam Source a `pretrained` model with its tokenizer, or a bare model (then a sampler and tokenized prompts are
/// needed)
template <class Source, class Prompts, class Reward, class Sampler = default_sampler_t<Source>,
          class Advantage = group_relative, class Loss = grpo_loss, class Aggregation = token_mean,
          class Optimizer = adamw, class Schedule = warmup_schedule, class Communicator = process_group>
class grpo : detail::needs_sampler<Sampler>,
             public trainer<Source, grpo_objective<Source, Prompts, Reward, Sampler, Advantage, Loss, Aggregation>,
                            Optimizer, Schedule, Communicator> {
    static_assert(detail::require_prompts_then_reward<Prompts, Reward>());
    static_assert(require_language_model<model_of_t<Source>>());
    using objective_type = grpo_objective<Source, Prompts, Reward, Sampler, Advantage, Loss, Aggregation>;
    using base = trainer<Source, objective_type, Optimizer, Schedule, Communicator>;
    using slots = detail::grpo_slots<model_of_t<Source>>;

public:
    /// @param source model to train, by reference: it outlives the trainer
    template <class... Policies>
    grpo(Source& source, Prompts prompts, Reward reward, grpo_options options = {}, Policies... policies)
        : grpo{std::tuple<Policies...>{std::move(policies)...}, source, std::move(prompts), std::move(reward),
               options} {
        static_assert(
            (true && ... && slots::template hold<Policies>),
            "aha: an argument of grpo after the options fits none of its slots: sampler, advantage, policy_loss, "
            "aggregation, optimizer, schedule, reward_options, communicator");
    }

    /// The KL term's reference becomes the policy as it is now: the outer loop of iterative GRPO (DeepSeekMath,
    /// algorithm 1). Called every `reference_refresh` steps.
    void refresh_reference() { base::objective().refresh_reference(this->model()); }

    const Sampler& sampler() const { return std::as_const(*this).objective().sampler(); }  ///< what answers the prompts

private:
    template <class... Policies>
    grpo(std::tuple<Policies...> given, Source& source, Prompts prompts, Reward reward, const grpo_options& options)
        : base{
              std::move(given),
              source,
              [&] {
                  return objective_type{
                      source,
                      std::move(prompts),
                      std::move(reward),
                      options,
                      detail::take_slot<detail::sampler_slot<model_of_t<Source>>, Sampler>(
                          given, detail::make_default_sampler{&source}),
                      detail::take_slot<detail::advantage_slot, Advantage>(given, detail::make_plain{}),
                      detail::take_slot<detail::loss_slot, Loss>(given, detail::make_plain{}),
                      detail::take_slot<detail::aggregation_slot, Aggregation>(given, detail::make_plain{}),
                      detail::take_slot<detail::reward_options_slot, aha::reward_options>(given, detail::make_plain{})};
              },
              {.learning_rate = options.learning_rate, .max_gradient_norm = options.max_gradient_norm}} {}
};

template <class Source, class Prompts, class Reward, class... Policies>
    requires((true && ... && detail::grpo_slots<model_of_t<Source>>::template explain<Policies>()))
grpo(Source&, Prompts, Reward, grpo_options, Policies...)
    -> grpo<Source, Prompts, Reward,
            detail::chosen_t<detail::sampler_slot<model_of_t<Source>>, default_sampler_t<Source>, Policies...>,
            detail::chosen_t<detail::advantage_slot, group_relative, Policies...>,
            detail::chosen_t<detail::loss_slot, grpo_loss, Policies...>,
            detail::chosen_t<detail::aggregation_slot, token_mean, Policies...>,
            detail::chosen_t<detail::optimizer_slot, adamw, Policies...>,
            detail::chosen_t<detail::schedule_slot, warmup_schedule, Policies...>,
            detail::chosen_t<detail::communicator_slot, process_group, Policies...>>;

template <class Source, class Prompts, class Reward>
grpo(Source&, Prompts, Reward) -> grpo<Source, Prompts, Reward>;

template <class Source, class Prompts, class Reward, class First, class... Rest>
    requires(!std::convertible_to<First, grpo_options> && detail::options_come_first<grpo_options, First>())
grpo(Source&, Prompts, Reward, First, Rest...) -> grpo<Source, Prompts, Reward>;

}  // namespace aha
