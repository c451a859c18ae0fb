#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/divergence.hpp>
#include <aha/concepts/language_model.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/data/example_rows.hpp>
#include <aha/io/teacher_cache.hpp>
#include <aha/loss/divergence/forward_kl.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/train/all_or_nothing.hpp>
#include <aha/train/check_schedule.hpp>
#include <aha/train/check_teacher.hpp>
#include <aha/train/finite_gradient.hpp>
#include <aha/train/rank_work.hpp>
#include <aha/train/gradient_reduction.hpp>
#include <aha/train/join_launched_ranks.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/train/distill_gradient.hpp>
#include <aha/train/distill_metrics.hpp>
#include <aha/train/distill_options.hpp>
#include <aha/train/source.hpp>
#include <aha/train/learning_rate_state.hpp>
#include <aha/train/resume_notes.hpp>
#include <aha/train/sampler_state.hpp>
#include <aha/train/shared_out.hpp>
#include <aha/train/slots.hpp>
#include <aha/train/steps_range.hpp>
#include <aha/train/student_answers.hpp>
#include <aha/train/token_limits.hpp>
#include <aha/train/trainer_slots.hpp>
#include <aha/train/weights_state.hpp>

namespace aha {

/// Token-level distillation: the student's next-token distributions are drawn towards the teacher's at the learned
/// tokens of examples, or, with probability `on_policy`, at those of the student's own answers to their prompts
/// (Agarwal et al. 2024, GKD, algorithm 1). The loss is the mean over the learned tokens of the whole batch, whatever
/// the microbatches. R1's own distillation is `sft`: it learns from the teacher's texts alone.
///
/// Departures from GKD: whether the student answers is drawn for each example, not for each batch; its divergence is a
/// slot, forward KL unless another is given; cross-entropy on the data can be added.
///
/// Slots, given after the options in any order: divergence, sampler, optimizer, schedule. Without a schedule the rate
/// decays as a cosine to a tenth over all epochs.
///
/// @tparam Source the student: a `pretrained` model, or a bare one (then sampling needs a sampler)
/// @tparam Teacher a `pretrained` or bare model on the student's device, or a `teacher_cache` of the examples, which
/// cannot judge what the student samples
template <class Source, class Teacher, class Divergence = forward_kl, class Sampler = detail::sampler_or_none_t<Source>,
          class Optimizer = adamw, class Schedule = warmup_schedule, class Communicator = process_group>
class distill {
    static_assert(require_language_model<model_of_t<Source>>() && require_divergence<Divergence>());

public:
    using model_type = model_of_t<Source>;

    /// @param source student to train, by reference, and its teacher, by reference: both outlive the trainer
    /// Throws `aha::error` for options that make no sense, for vocabularies that differ (see `shared_vocabulary`), for
    /// examples that `example_rows` refuses, that are longer than a context, or that are not those of the cache.
    template <class... Policies>
    distill(Source& source, const Teacher& teacher, std::vector<supervised_example> examples,
            const distill_options& options = {}, Policies... policies)
        : distill{std::tuple<Policies...>{std::move(policies)...}, source, teacher, std::move(examples), options} {
        static_assert((true && ... && detail::distill_slots<model_type>::template hold<Policies>),
                      "aha: an argument of distill after the options fits none of its slots: divergence, sampler, "
                      "optimizer, schedule, communicator");
    }

    /// A teacher that would be gone at once.
    template <class... Policies>
    distill(Source&, const Teacher&&, std::vector<supervised_example>, const distill_options& = {},
            Policies...) = delete;

    /// One update from the next rows. Throws `aha::error` after the last epoch, or when the gradient is not finite;
    /// model, optimizer, place in the data, counters, and a sampler that can be saved, are then as they were before.
    step_report step() {
        return all_or_nothing([this] { return take_step(); },
                              [this, before = step_, place = rows_.save(), memory = detail::sampler_memory(sampler_)] {
                                  if (step_ != before) return;
                                  rows_.load(place);
                                  detail::load_sampler(memory, sampler_);
                              });
    }

private:
    step_report take_step() {
        const stopwatch whole;
        stopwatch phase;
        std::vector<distill_item> items;
        for (const example_rows::row& row : rows_.next(options_.batch_size))
            for (const supervised_example* const one : row)
                items.push_back({one, static_cast<std::size_t>(one - rows_.examples().data())});
        require(!items.empty(), "the examples ran out after ", step_, " steps, the last of ", options_.rows.epochs,
                " epochs");
        student_answers answers;
        if (options_.on_policy > 0)
            answers = answer_as_student(std::as_const(model()), sampler_, items, options_.on_policy,
                                        {options_.seed, static_cast<std::uint64_t>(step_)}, ranks_, limits_);
        const double rollout_seconds = phase.restart();

        std::vector<const supervised_example*> all;
        for (const distill_item& item : items) all.push_back(item.example);
        gradient_reduction reduction{model(), ranks_};
        distill_sums sums = accumulate_distillation(
            std::as_const(model()), model_of(*teacher_), divergence_,
            own_share(ranks_, items, [](const distill_item& i) { return i.example->ids.size(); }), options_,
            count_learned(all), reduction.hook());
        reduction.finish();
        const std::vector<double> joined =
            sum_numbers(ranks_, {sums.divergence, sums.cross_entropy, sums.teacher_tokens});
        sums.divergence = joined[0], sums.cross_entropy = joined[1], sums.teacher_tokens = joined[2];
        const double norm = clip_model_gradient(model(), ranks_, options_.max_gradient_norm);
        require_finite_gradient(norm, step_ + 1);
        rate_ = options_.learning_rate * schedule_(step_);
        optimizer_.step(model().weights(), rate_);
        model().refresh();
        ++step_;

        for (const distill_item& item : items) tokens_ += std::ssize(item.example->ids);
        step_report r;
        r.step = step_;
        r.total_steps = total_;
        r.metrics = distill_metrics(sums, answers, items.size(), options_);
        const auto add = [&](const char* name, double value) { r.metrics.emplace_back(name, value); };
        add("grad_norm", norm);
        add("learning_rate", rate_);
        add("epoch", rows_.epochs_done());
        add("num_tokens", static_cast<double>(tokens_));
        add("time/rollout", rollout_seconds);
        add("time/teacher", sums.teacher_seconds);
        add("time/train", phase.restart() - sums.teacher_seconds);
        add("step_time", whole.seconds());
        add("seconds", seconds_ + since_start_.seconds());
        return r;
    }

public:
    /// The steps that are left, as an input range: see `steps_range`.
    auto steps() { return steps_range<distill>{*this, total_}; }

    std::int64_t steps_done() const { return step_; }
    std::int64_t total_steps() const { return total_; }  ///< of all epochs, with those done before a resume
    const distill_options& options() const { return options_; }
    const Schedule& schedule() const { return schedule_; }            ///< of the learning rate
    const Communicator& communicator() const { return ranks_; }       ///< which of how many ranks this is
    const std::vector<std::string>& notes() const { return notes_; }  ///< what `load` found to be otherwise

    /// Everything needed to go on bit for bit, as copies: what this trainer does next does not change it. Random draws
    /// derive from the seed and the step: they need no saving.
    state save() const {
        state s;
        s.tensors["weights"] = whole_of(model(), model().weights().values());
        s.put("optimizer", whole_state(model(), optimizer_.save()));
        s.put("rows", rows_.save());
        detail::save_sampler(s, sampler_);
        s.values["step"] = step_;
        s.values["total_steps"] = total_;
        s.values["learning_rate"] = learning_rate_state(schedule_, rate_);
        s.values["num_tokens"] = tokens_;
        s.values["seconds"] = seconds_ + since_start_.seconds();
        s.values["seed"] = options_.seed;
        return owning(std::move(s));
    }

    /// Takes back what `save` gave, as `sft::load` does: another `batch_size` or more epochs are gone on with, and
    /// noted. Throws `aha::error` if it belongs to another model, other examples, another order of them or another
    /// seed.
    void load(const state& s) {
        require(s.values.at("seed") == options_.seed, "the checkpoint was made with seed ", s.values.at("seed").dump(),
                ", this run has ", options_.seed);
        rows_.load(s.part("rows"));
        restore_weights(model(), s);
        optimizer_.load(own_state(model(), s.part("optimizer"), s.tensors.at("weights").numel()));
        detail::load_sampler(s, sampler_);
        step_ = s.values.at("step").template get<std::int64_t>();
        tokens_ = s.values.at("num_tokens").template get<std::int64_t>();
        seconds_ = s.values.at("seconds").template get<double>();
        since_start_.restart();
        total_ = step_ + rows_.batches_left(options_.batch_size);
        if constexpr (std::is_same_v<Schedule, warmup_schedule>)
            if (decays_over_all_) schedule_ = warmup_schedule{detail::decay_to_a_tenth(total_)};
        rate_ = options_.learning_rate * (step_ > 0 ? schedule_(step_ - 1) : 0);
        notes_ = resume_notes(s, schedule_, options_.learning_rate, step_, total_);
    }

private:
    template <class... Policies>
    distill(std::tuple<Policies...> given, Source& source, const Teacher& teacher,
            std::vector<supervised_example> examples, const distill_options& options)
        : source_{&source},
          teacher_{&teacher},
          options_{validated(options, examples)},
          rows_{std::move(examples), options_.rows},
          total_{rows_.batches(options_.batch_size)},
          divergence_{detail::take_slot<detail::divergence_slot, Divergence>(given, detail::make_plain{})},
          limits_{answer_limits::of(std::as_const(*this).model(), model_of(teacher), options_)},
          sampler_{limited_sampler(detail::take_slot<detail::sampler_slot<model_type>, Sampler>(
                                       given, detail::make_sampler_or_none<Source>{&source}),
                                   limits_, rows_.examples(), std::as_const(*this).model())},
          optimizer_{detail::take_slot<detail::optimizer_slot, Optimizer>(given, detail::make_plain{})},
          schedule_{detail::take_slot<detail::schedule_slot, Schedule>(given, detail::make_decay_to_a_tenth{total_})},
          decays_over_all_{!(false || ... || detail::schedule_slot::holds<Policies>)},
          ranks_{detail::take_slot<detail::communicator_slot, Communicator>(
              given, detail::join_launched_ranks<typename model_type::tensor_policy>{})} {
        detail::check_schedule(schedule_, options_.learning_rate);
        check_teacher(std::as_const(*this).model(), model_of(teacher), rows_.examples(), options_);
    }

    static const distill_options& validated(const distill_options& options,
                                            const std::vector<supervised_example>& examples) {
        options.validate();
        for (const supervised_example& one : examples) detail::check_marks(one);  // before anything reads them
        require(options.on_policy == 0 || !std::is_same_v<Sampler, detail::no_sampler>, "on_policy is ",
                options.on_policy, ", but there is no sampler: give a bare model one");
        return options;
    }

    model_type& model() { return model_of(*source_); }
    const model_type& model() const { return model_of(*source_); }

    Source* source_;
    const Teacher* teacher_;
    distill_options options_;
    example_rows rows_;
    std::int64_t total_;
    Divergence divergence_;
    answer_limits limits_;
    Sampler sampler_;
    Optimizer optimizer_;
    Schedule schedule_;
    bool decays_over_all_;  // the schedule is the default one, which ends with the data
    Communicator ranks_;
    std::vector<std::string> notes_;
    std::int64_t step_ = 0, tokens_ = 0;
    double rate_ = 0;     // of the step before
    double seconds_ = 0;  // of earlier runs that this one continues
    stopwatch since_start_;
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

}  // namespace aha
