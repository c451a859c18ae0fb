#pragma once

#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
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
#include <aha/concepts/language_model.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/policy_loss.hpp>
#include <aha/concepts/prompt_source.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/train/all_or_nothing.hpp>
#include <aha/train/finite_gradient.hpp>
#include <aha/train/assign_advantages.hpp>
#include <aha/train/check_schedule.hpp>
#include <aha/train/group_log_probs.hpp>
#include <aha/train/grpo_options.hpp>
#include <aha/train/gradient_reduction.hpp>
#include <aha/train/join_launched_ranks.hpp>
#include <aha/train/joined_sums.hpp>
#include <aha/train/learning_rate_state.hpp>
#include <aha/train/minibatch.hpp>
#include <aha/train/policy_gradient.hpp>
#include <aha/train/source.hpp>
#include <aha/train/prompt_reader.hpp>
#include <aha/train/rank_work.hpp>
#include <aha/train/reference_policy.hpp>
#include <aha/train/resume_notes.hpp>
#include <aha/train/rollout_metrics.hpp>
#include <aha/train/sampler_state.hpp>
#include <aha/train/sampler_temperature.hpp>
#include <aha/train/sample_and_score.hpp>
#include <aha/train/shared_out.hpp>
#include <aha/train/slots.hpp>
#include <aha/train/spread_prompts.hpp>
#include <aha/train/steps_range.hpp>
#include <aha/train/trainer_slots.hpp>
#include <aha/train/update_metrics.hpp>
#include <aha/train/update_snapshot.hpp>
#include <aha/train/weights_state.hpp>

namespace aha {

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
/// @tparam Source a `pretrained` model with its tokenizer, or a bare model (then a sampler and tokenised prompts are
/// needed)
template <class Source, class Prompts, class Reward, class Sampler = default_sampler_t<Source>,
          class Advantage = group_relative, class Loss = grpo_loss, class Aggregation = token_mean,
          class Optimizer = adamw, class Schedule = warmup_schedule, class Communicator = process_group>
class grpo {
    static_assert(require_prompt_source<Prompts>() && require_any_reward<Reward>());
    static_assert(require_language_model<model_of_t<Source>>());
    static_assert(!std::is_void_v<Sampler>,
                  "aha: a bare model has no tokenizer, so grpo needs a sampler after the options; write: "
                  "aha::autoregressive_sampler{tokenizer, {.max_new_tokens = 64}}");

public:
    using model_type = model_of_t<Source>;

    /// @param source model to train, by reference: it outlives the trainer
    template <class... Policies>
    grpo(Source& source, Prompts prompts, Reward reward, grpo_options options = {}, Policies... policies)
        : grpo{std::tuple<Policies...>{std::move(policies)...}, source, std::move(prompts), std::move(reward),
               options} {
        static_assert(
            (true && ... && detail::grpo_slots<model_type>::template hold<Policies>),
            "aha: an argument of grpo after the options fits none of its slots: sampler, advantage, policy_loss, "
            "aggregation, optimizer, schedule, reward_options, communicator");
    }

    /// One iteration of the paper's algorithm 1: sample a group of completions for each question, score them, compare
    /// them within their group, and update the policy. Throws `aha::error` when there are no prompts left or the
    /// gradient is not finite, and what a policy throws; all is then as it was before the step: model, optimizer,
    /// place in the prompts, counters, and a sampler that can be saved. For that, a step of several updates keeps an
    /// `update_snapshot`.
    step_report step() {
        return all_or_nothing([this] { return take_step(); },
                              [this, before = step_, tokens = tokens_, place = prompts_.where(),
                               memory = detail::sampler_memory(sampler_)] {
                                  if (step_ != before) return;
                                  prompts_.go_back(place);
                                  tokens_ = tokens;
                                  detail::load_sampler(memory, sampler_);
                              });
    }

    /// The KL term's reference becomes the policy as it is now: the outer loop of iterative GRPO (DeepSeekMath,
    /// algorithm 1). Called every `reference_refresh` steps.
    void refresh_reference() { reference_.refresh(model()); }

    /// The next `count` steps as an input range: see `steps_range`.
    auto steps(std::int64_t count) { return steps_range<grpo>{*this, step_ + count}; }

    std::int64_t steps_done() const { return step_; }
    const grpo_options& options() const { return options_; }          ///< what it was made with
    const Sampler& sampler() const { return sampler_; }               ///< what answers the prompts
    const Communicator& communicator() const { return ranks_; }       ///< which of how many ranks this is
    const Schedule& schedule() const { return schedule_; }            ///< of the learning rate
    const std::vector<std::string>& notes() const { return notes_; }  ///< what `load` found to be otherwise

    /// Everything needed to go on bit for bit, as copies: weights, reference, optimizer, prompts, counters. Random
    /// draws derive from the seed and the step, and no rollout outlives its step, so neither needs saving.
    state save() const {
        state s;
        s.tensors["weights"] = whole_of(model(), model().weights().values());
        s.put("optimizer", whole_state(model(), optimizer_.save()));
        s.put("prompts", prompts_.save());
        s.put("reference", reference_.save());
        detail::save_sampler(s, sampler_);
        s.values["step"] = step_;
        s.values["learning_rate"] = learning_rate_state(schedule_, rate_);
        s.values["num_tokens"] = tokens_;
        s.values["seconds"] = seconds_ + since_start_.seconds();
        s.values["seed"] = options_.seed;
        return owning(std::move(s));
    }

    /// Takes back what `save` gave; `notes()` then says where the learning rate takes another course. Throws
    /// `aha::error` if it belongs to another model, seed, or order of other prompts.
    void load(const state& s) {
        require(s.values.at("seed") == options_.seed, "the checkpoint was made with seed ", s.values.at("seed").dump(),
                ", this run has ", options_.seed);
        prompts_.load(s.part("prompts"));
        restore_weights(model(), s);
        optimizer_.load(own_state(model(), s.part("optimizer"), s.tensors.at("weights").numel()));
        reference_.load(s.part("reference"));
        detail::load_sampler(s, sampler_);
        step_ = s.values.at("step").template get<std::int64_t>();
        tokens_ = s.values.at("num_tokens").template get<std::int64_t>();
        seconds_ = s.values.at("seconds").template get<double>();
        since_start_.restart();
        rate_ = options_.learning_rate * (step_ > 0 ? schedule_(step_ - 1) : 0);
        notes_ = resume_notes(s, schedule_, options_.learning_rate, step_, 0);
    }

private:
    step_report take_step() {
        const stopwatch whole;
        rollout sampled = roll_out();
        const stopwatch comparing;
        detail::assign_advantages(advantage_, sampled.groups);
        sampled.time.reward += comparing.seconds();

        const stopwatch training;
        const update_figures figures = update(sampled.groups);
        sampled.time.train = training.seconds() - figures.reference_seconds;
        if (loss_.needs_reference())
            sampled.time.reference = std::max(0.0, sampled.time.reference) + figures.reference_seconds;

        ++step_;
        rate_ = figures.learning_rate;
        if (options_.reference_refresh > 0 && step_ % options_.reference_refresh == 0) refresh_reference();
        sampled.time.whole = whole.seconds();
        return report(std::move(sampled), figures);
    }

    /// What a step learns from, with the figures of all that was sampled for it.
    struct rollout {
        std::vector<rollout_group> groups;
        std::vector<std::pair<std::string, double>> metrics;
        phase_seconds time;
    };

    step_report report(rollout sampled, const update_figures& figures) {
        step_report r;
        r.step = step_;
        r.metrics = std::move(sampled.metrics);
        std::ranges::move(update_metrics(figures, sampled.time, tokens_, seconds_ + since_start_.seconds()),
                          std::back_inserter(r.metrics));
        r.groups = std::make_shared<const std::vector<rollout_group>>(std::move(sampled.groups));
        return r;
    }

    template <class... Policies>
    grpo(std::tuple<Policies...> given, Source& source, Prompts prompts, Reward reward, const grpo_options& options)
        : source_{&source},
          reward_{std::move(reward)},
          options_{options},
          sampler_{detail::take_slot<detail::sampler_slot<model_type>, Sampler>(given,
                                                                                detail::make_default_sampler{&source})},
          prompts_{source, std::move(prompts), options.prompt_limit, detail::completion_tokens(sampler_)},
          advantage_{detail::take_slot<detail::advantage_slot, Advantage>(given, detail::make_plain{})},
          loss_{detail::take_slot<detail::loss_slot, Loss>(given, detail::make_plain{})},
          aggregation_{detail::take_slot<detail::aggregation_slot, Aggregation>(given, detail::make_plain{})},
          optimizer_{detail::take_slot<detail::optimizer_slot, Optimizer>(given, detail::make_plain{})},
          schedule_{detail::take_slot<detail::schedule_slot, Schedule>(given, detail::make_plain{})},
          reward_options_{
              detail::take_slot<detail::reward_options_slot, aha::reward_options>(given, detail::make_plain{})},
          ranks_{detail::take_slot<detail::communicator_slot, Communicator>(
              given, detail::join_launched_ranks<typename model_type::tensor_policy>{})},
          reference_{model_of(source), loss_.needs_reference() || advantage_needs_reference()} {
        options_.validate();
        detail::check_schedule(schedule_, options_.learning_rate);
    }

    model_type& model() { return model_of(*source_); }
    const model_type& model() const { return model_of(*source_); }

    /// Samples and scores groups: those of the step's questions and, with dynamic sampling, of further ones until
    /// enough have scores that differ.
    rollout roll_out() {
        rollout sampled;
        std::vector<rollout_group>& groups = sampled.groups;
        const auto useful = [&] { return std::ranges::count_if(groups, scores_differ); };
        std::int64_t missing = options_.prompts_per_step, rounds = 0;
        do {
            std::vector<prompt> questions = prompts_.draw(missing, rounds > 0);
            if (rounds == 0 && std::ssize(questions) != missing)  // on all ranks, which draw the same
                throw joint_error{"the prompts ran out at step " + std::to_string(step_ + 1) + " after " +
                                  std::to_string(questions.size()) + " of " + std::to_string(missing)};
            if (questions.empty()) break;
            std::vector<rollout_group> more =
                spread_prompts(ranks_, std::move(questions), [&](std::span<const prompt> mine) {
                    scored_groups made = sample_and_score(
                        std::as_const(model()), sampler_, reward_, reward_options_, mine, options_.group_size,
                        {options_.seed, std::uint64_t(step_)}, !model_type::tensor_policy::device().is_cpu());
                    const stopwatch referring;
                    if (advantage_needs_reference()) {
                        fill_reference_log_probs(*reference_.get(), made.groups, options_.microbatch_tokens,
                                                 detail::sampler_temperature(sampler_));
                        sampled.time.reference = std::max(0.0, sampled.time.reference) + referring.seconds();
                    }
                    sampled.time.rollout += made.sampling;
                    sampled.time.reward += made.scoring;
                    return std::move(made.groups);
                });
            std::ranges::move(more, std::back_inserter(groups));
            missing = options_.prompts_per_step - useful();
        } while (++rounds < options_.dynamic_sampling && missing > 0);

        detail::check_temperature(sampler_, groups);
        for (const rollout_group& group : groups)
            for (const completion& c : group.completions)
                tokens_ += static_cast<std::int64_t>(group.prompt.ids.size() + c.ids.size());
        sampled.metrics = rollout_metrics(groups);
        if (options_.prompt_limit.long_prompts != overlong::refuse) {
            sampled.metrics.emplace_back("prompts/dropped", static_cast<double>(prompts_.dropped()));
            sampled.metrics.emplace_back("prompts/cut", static_cast<double>(prompts_.cut()));
        }
        if (options_.dynamic_sampling > 0) {
            sampled.metrics.emplace_back("dynamic_sampling/rounds", static_cast<double>(rounds));
            sampled.metrics.emplace_back("dynamic_sampling/kept", static_cast<double>(useful()));
            std::erase_if(groups, [](const rollout_group& group) { return !scores_differ(group); });
        }
        return sampled;
    }

    bool advantage_needs_reference() const {
        if constexpr (advantage_says_whether_it_needs_a_reference<Advantage>) return advantage_.needs_reference();
        else return false;
    }

    /// The optimizer steps of one rollout.
    update_figures update(const std::vector<rollout_group>& groups) {
        update_figures figures;
        const double temperature = detail::sampler_temperature(sampler_);
        std::vector<std::vector<training_item>> minibatches;  // of each what this rank trains on
        for (std::int64_t part = 0; part < options_.minibatches; ++part) {
            std::vector<training_item> items =
                minibatch_items(groups, part, options_.minibatches, options_.mask_truncated, aggregation_);
            if (items.empty()) continue;  // all truncated, or fewer groups than minibatches
            for (const training_item& item : items)
                figures.completion_tokens += static_cast<double>(options_.inner_epochs * std::ssize(item.taken().ids));
            minibatches.push_back(own_items(ranks_, worth_training(std::move(items))));
        }
        old_policy old;
        if (options_.minibatches * options_.inner_epochs > 1)
            for (std::vector<training_item>& items : minibatches)
                old.fill(model(), items, options_.microbatch_tokens, temperature);
        reference_log_probs frozen;
        if (loss_.needs_reference()) {
            const stopwatch referring;
            for (std::vector<training_item>& items : minibatches)
                frozen.fill(*reference_.get(), items, options_.microbatch_tokens, temperature);
            figures.reference_seconds = referring.seconds();
        }

        figures.learning_rate = options_.learning_rate * schedule_(step_);
        std::optional<update_snapshot<model_type, Optimizer>> before;  // of several updates a later one may fail
        if (options_.inner_epochs * std::ssize(minibatches) > 1) before.emplace(model(), optimizer_);
        bool all_ranks_know = false;
        const auto take_updates = [&] {
            for (std::int64_t epoch = 0; epoch < options_.inner_epochs; ++epoch)
                for (const std::vector<training_item>& items : minibatches) {
                    gradient_reduction reduction{model(), ranks_};
                    const gradient_sums own =
                        accumulate_gradient(std::as_const(model()), loss_, items, options_.microbatch_tokens,
                                            temperature, reduction.hook());
                    reduction.finish();
                    const gradient_sums sums = join_sums(ranks_, own);
                    if (epoch == 0 && &items == &minibatches.front()) figures.note_gap(sums);
                    figures.sums += sums;
                    const double norm = clip_model_gradient(model(), ranks_, options_.max_gradient_norm);
                    all_ranks_know = !std::isfinite(norm);
                    require_finite_gradient(norm, step_ + 1);
                    figures.gradient_norms += norm;
                    optimizer_.step(model().weights(), figures.learning_rate);
                    model().refresh();
                    ++figures.updates;
                }
        };
        all_or_nothing(take_updates, [&] {
            // Weights that are spread over ranks are refreshed by all ranks or by none.
            if (before && (all_ranks_know || !is_shared_out(model()))) before->restore(model(), optimizer_);
        });
        return figures;
    }

    /// Completions that can change the gradient. Without a KL term those with advantage 0 cannot: they count in every
    /// denominator and cost no arithmetic.
    std::vector<training_item> worth_training(std::vector<training_item> items) const {
        if (loss_.zero_advantage_is_free())
            std::erase_if(items, [](const training_item& i) { return i.teaches_nothing(); });
        return items;
    }

    Source* source_;
    Reward reward_;
    grpo_options options_;
    Sampler sampler_;
    prompt_reader<Source, Prompts> prompts_;
    Advantage advantage_;
    Loss loss_;
    Aggregation aggregation_;
    Optimizer optimizer_;
    Schedule schedule_;
    aha::reward_options reward_options_;
    Communicator ranks_;
    reference_policy<model_type> reference_;
    std::vector<std::string> notes_;
    std::int64_t step_ = 0, tokens_ = 0;
    double rate_ = 0;     // of the step before
    double seconds_ = 0;  // of earlier runs that this one continues
    stopwatch since_start_;
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

}  // namespace aha
