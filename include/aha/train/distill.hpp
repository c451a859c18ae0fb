#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/divergence.hpp>
#include <aha/concepts/objective.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/data/example_rows.hpp>
#include <aha/io/teacher_cache.hpp>
#include <aha/loss/divergence/forward_kl.hpp>
#include <aha/update/check_teacher.hpp>
#include <aha/update/distill_gradient.hpp>
#include <aha/update/distill_options.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/rollout/sampler_traits.hpp>
#include <aha/update/student_answers.hpp>
#include <aha/train/trainer.hpp>

namespace aha {

/// What `distill` trains for: the mean over the loss tokens of a batch of the divergence from a teacher.
template <class Teacher, class Divergence, class Sampler>
class distill_objective {
public:
    /// What a step learns from.
    struct batch {
        std::vector<distill_item> mine;              ///< this rank's
        std::unique_ptr<student_answers> answers{};  ///< of all ranks, which items point into
        std::size_t items = 0;                       ///< of all ranks
        std::int64_t tokens = 0;                     ///< of all ranks
        double loss_tokens = 0;                      ///< loss tokens of all ranks
        double rollout_seconds = 0;                  ///< of the answers
    };

    /// @param teacher by reference: it outlives the objective
    /// Throws `aha::error` for what `distill` refuses.
    template <class Model>
    distill_objective(const Model& student, const Teacher& teacher, std::vector<supervised_example> examples,
                      const distill_options& options, Divergence divergence, Sampler sampler)
        : teacher_{&teacher},
          options_{validated(options, examples)},
          rows_{std::move(examples), options_.rows},
          divergence_{std::move(divergence)},
          limits_{answer_limits::of(student, model_of(teacher), options_)},
          sampler_{limited_sampler(std::move(sampler), limits_, rows_.examples(), student)} {
        check_teacher(student, model_of(teacher), rows_.examples(), options_);
    }

    template <class Model, class Communicator>
    batch next(const step_context<Model, Communicator>& at) {
        const stopwatch answering;
        batch made;
        std::vector<distill_item> items;
        for (const example_rows::row& row : rows_.next(options_.batch_size))
            for (const supervised_example* const one : row)
                items.push_back({one, static_cast<std::size_t>(one - rows_.examples().data())});
        require(!items.empty(), "the examples ran out after ", at.step, " steps, the last of ", options_.rows.epochs,
                " epochs");
        made.answers = std::make_unique<student_answers>();
        if (options_.on_policy > 0)
            *made.answers = answer_as_student(at.model, sampler_, items, options_.on_policy,
                                              {options_.seed, static_cast<std::uint64_t>(at.step)}, at.ranks, limits_);
        made.items = items.size();
        std::vector<const supervised_example*> all;
        for (const distill_item& item : items) all.push_back(item.example);
        for (const supervised_example* const one : all) made.tokens += std::ssize(one->ids);
        made.loss_tokens = count_loss_tokens(all);
        made.mine =
            local_shard(at.ranks, std::move(items), [](const distill_item& i) { return i.example->ids.size(); });
        made.rollout_seconds = answering.seconds();
        return made;
    }

    template <class Model>
    distill_sums accumulate(const Model& student, const batch& made, std::size_t, const microbatch_hook& before) const {
        return accumulate_distillation(student, model_of(*teacher_), divergence_, made.mine, options_, made.loss_tokens,
                                       before);
    }

    metric_list report(const batch& made, std::span<const distill_sums> updates, const update_record& record) const {
        const distill_sums& sums = updates.front();
        metric_list metrics{{"divergence", sums.divergence}};
        const auto add = [&](const char* name, double value) { metrics.emplace_back(name, value); };
        if (options_.cross_entropy > 0) add("cross_entropy", sums.cross_entropy);
        add("tokens/trained", sums.tokens);
        add("tokens/teacher", sums.teacher_tokens);
        if (options_.on_policy > 0) {
            const auto items = static_cast<double>(made.items),
                       sampled = static_cast<double>(made.answers->examples.size());
            add("on_policy", sampled / items);
            add("sampled", sampled);
            add("from_data", items - sampled);
            if (sampled > 0) add("completions/mean_length", static_cast<double>(made.answers->tokens) / sampled);
        }
        add("epoch", rows_.epochs_done());
        add("time/rollout", made.rollout_seconds);
        add("time/teacher", sums.teacher_seconds);
        add("time/train", record.seconds - sums.teacher_seconds);
        return metrics;
    }

    std::int64_t num_tokens(const batch& made) const { return made.tokens; }
    std::int64_t steps_left() const { return rows_.batches_left(options_.batch_size); }
    schedule_options default_schedule(std::int64_t steps) const { return detail::decay_to_a_tenth(steps); }
    const distill_options& options() const { return options_; }

    /// Random draws derive from the seed and the step: they need no saving.
    state save() const {
        state s;
        s.put("rows", rows_.save());
        detail::save_sampler(s, sampler_);
        s.values["seed"] = options_.seed;
        return s;
    }

    void load(const state& s) {
        require(s.values.at("seed") == options_.seed, "the checkpoint was made with seed ", s.values.at("seed").dump(),
                ", this run has ", options_.seed);
        rows_.load(s.part("rows"));
        detail::load_sampler(s, sampler_);
    }

private:
    static const distill_options& validated(const distill_options& options,
                                            const std::vector<supervised_example>& examples) {
        options.validate();
        for (const supervised_example& one : examples) require_loss_mask(one);  // before anything reads them
        require(options.on_policy == 0 || !std::is_same_v<Sampler, detail::no_sampler>, "on_policy is ",
                options.on_policy, ", but there is no sampler: give a bare model one");
        return options;
    }

    const Teacher* teacher_;
    distill_options options_;
    example_rows rows_;
    Divergence divergence_;
    answer_limits limits_;
    Sampler sampler_;
};

/// Token-level distillation: the student's next-token distributions are drawn towards the teacher's at the learned
/// tokens of examples, or, with probability `on_policy`, at those of the student's own answers to their prompts
/// (Agarwal et al. 2024, GKD, algorithm 1). The loss is the mean over the loss tokens of the whole batch, whatever
/// the microbatches. R1's own distillation is `sft`: it learns from the teacher's texts alone.
///
/// Departures from GKD: whether the student answers is drawn for each example, not for each batch; its divergence is a
/// slot, forward KL unless another is given; cross-entropy on the data can be added.
///
/// Slots, given after the options in any order: divergence, sampler, optimizer, schedule, communicator. Without a
/// schedule the rate decays as a cosine to a tenth over all epochs.
///
/// @tparam Source the student: a `pretrained` model, or a bare one (then sampling needs a sampler)
/// @tparam Teacher a `pretrained` or bare model on the student's device, or a `teacher_cache` of the examples, which
/// cannot judge what the student samples
template <class Source, class Teacher, class Divergence = forward_kl, class Sampler = detail::sampler_or_none_t<Source>,
          class Optimizer = adamw, class Schedule = warmup_schedule, class Communicator = process_group>
class distill
    : public trainer<Source, distill_objective<Teacher, Divergence, Sampler>, Optimizer, Schedule, Communicator> {
    static_assert(require_language_model<model_of_t<Source>>() && require_divergence<Divergence>());
    using objective_type = distill_objective<Teacher, Divergence, Sampler>;
    using base = trainer<Source, objective_type, Optimizer, Schedule, Communicator>;
    using slots = detail::distill_slots<model_of_t<Source>>;

public:
    /// @param source student to train, by reference, and its teacher, by reference: both outlive the trainer
    /// Throws `aha::error` for options that make no sense, for vocabularies that differ (see `shared_vocabulary`), for
    /// examples that `example_rows` refuses, that are longer than a context, or that are not those of the cache.
    template <class... Policies>
    distill(Source& source, const Teacher& teacher, std::vector<supervised_example> examples,
            const distill_options& options = {}, Policies... policies)
        : distill{std::tuple<Policies...>{std::move(policies)...}, source, teacher, std::move(examples), options} {
        static_assert((true && ... && slots::template hold<Policies>),
                      "aha: an argument of distill after the options fits none of its slots: divergence, sampler, "
                      "optimizer, schedule, communicator");
    }

    /// A teacher that would be gone at once.
    template <class... Policies>
    distill(Source&, const Teacher&&, std::vector<supervised_example>, const distill_options& = {},
            Policies...) = delete;

private:
    template <class... Policies>
    distill(std::tuple<Policies...> given, Source& source, const Teacher& teacher,
            std::vector<supervised_example> examples, const distill_options& options)
        : base{std::move(given),
               source,
               [&] {
                   return objective_type{
                       std::as_const(model_of(source)),
                       teacher,
                       std::move(examples),
                       options,
                       detail::take_slot<detail::divergence_slot, Divergence>(given, detail::make_plain{}),
                       detail::take_slot<detail::sampler_slot<model_of_t<Source>>, Sampler>(
                           given, detail::make_sampler_or_none<Source>{&source})};
               },
               {.learning_rate = options.learning_rate, .max_gradient_norm = options.max_gradient_norm}} {}
};

template <class Source, class Teacher, class... Policies>
    requires((true && ... && detail::distill_slots<model_of_t<Source>>::template explain<Policies>()))
distill(Source&, const Teacher&, std::vector<supervised_example>, distill_options, Policies...) -> distill<
    Source, Teacher, detail::chosen_t<detail::divergence_slot, forward_kl, Policies...>,
    detail::chosen_t<detail::sampler_slot<model_of_t<Source>>, detail::sampler_or_none_t<Source>, Policies...>,
    detail::chosen_t<detail::optimizer_slot, adamw, Policies...>,
    detail::chosen_t<detail::schedule_slot, warmup_schedule, Policies...>,
    detail::chosen_t<detail::communicator_slot, process_group, Policies...>>;

template <class Source, class Teacher>
distill(Source&, const Teacher&, std::vector<supervised_example>) -> distill<Source, Teacher>;

template <class Source, class Teacher, class First, class... Rest>
    requires(!std::convertible_to<First, distill_options> && detail::options_come_first<distill_options, First>())
distill(Source&, const Teacher&, std::vector<supervised_example>, First, Rest...) -> distill<Source, Teacher>;

}  // namespace aha
