#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/language_model.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/concepts/supervised_loss.hpp>
#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/data/example_rows.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/loss/cross_entropy.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/train/source.hpp>
#include <aha/train/all_or_nothing.hpp>
#include <aha/train/finite_gradient.hpp>
#include <aha/train/check_schedule.hpp>
#include <aha/train/gradient_reduction.hpp>
#include <aha/train/join_launched_ranks.hpp>
#include <aha/train/learning_rate_state.hpp>
#include <aha/train/rank_work.hpp>
#include <aha/train/sft_options.hpp>
#include <aha/train/shared_out.hpp>
#include <aha/train/resume_notes.hpp>
#include <aha/train/slots.hpp>
#include <aha/train/steps_range.hpp>
#include <aha/train/supervised_gradient.hpp>
#include <aha/train/token_limits.hpp>
#include <aha/train/trainer_slots.hpp>
#include <aha/train/weights_state.hpp>

namespace aha {

/// Supervised fine-tuning on the learned tokens of examples: R1's cold start and its distillation (DeepSeek-R1,
/// sections 2.3.1 and 2.4). Examples of a row do not see one another; the loss is the mean over the learned tokens of
/// the whole batch, whatever the microbatches. See `completion_example` and `chat_example` for making examples of text.
///
/// Slots, given after the options in any order: supervised_loss, optimizer, schedule. Without a schedule the rate
/// decays as a cosine to a tenth, as R1's, over all epochs, after `warmup_steps`.
///
/// @tparam Source a `pretrained` model, or a bare one
template <class Source, class Loss = cross_entropy, class Optimizer = adamw, class Schedule = warmup_schedule,
          class Communicator = process_group>
class sft {
    static_assert(require_language_model<model_of_t<Source>>());

public:
    using model_type = model_of_t<Source>;

    /// @param source model to train, by reference: it outlives the trainer
    /// Throws `aha::error` for options that make no sense, and for examples that `example_rows` refuses or that are
    /// longer than the model's context.
    template <class... Policies>
    sft(Source& source, std::vector<supervised_example> examples, const sft_options& options = {}, Policies... policies)
        : sft{std::tuple<Policies...>{std::move(policies)...}, source, std::move(examples), options} {
        static_assert((true && ... && detail::sft_slots::hold<Policies>),
                      "aha: an argument of sft after the options fits none of its slots: supervised_loss, optimizer, "
                      "schedule, communicator");
    }

    /// One update from the next rows. Throws `aha::error` after the last epoch, or when the gradient is not finite;
    /// model, optimizer, place in the data and counters are then as they were before.
    step_report step() {
        return all_or_nothing([this] { return take_step(); },
                              [this, before = step_, place = rows_.save()] {
                                  if (step_ == before) rows_.load(place);
                              });
    }

    /// The steps that are left, as an input range: see `steps_range`.
    auto steps() { return steps_range<sft>{*this, total_}; }

    std::int64_t steps_done() const { return step_; }
    std::int64_t total_steps() const { return total_; }  ///< of all epochs, with those done before a resume
    const sft_options& options() const { return options_; }
    const Schedule& schedule() const { return schedule_; }            ///< of the learning rate
    const Communicator& communicator() const { return ranks_; }       ///< which of how many ranks this is
    const std::vector<std::string>& notes() const { return notes_; }  ///< what `load` found to be otherwise

    /// The examples on which `eval_loss` is measured every `evaluate_every` steps and after the last.
    void evaluate_on(std::vector<supervised_example> examples) { held_out_ = std::move(examples); }

    /// The mean loss over all learned tokens of `examples`. Of several ranks each calls it.
    /// Throws `aha::error` for examples that the constructor would refuse to train on.
    double evaluate(std::span<const supervised_example> examples) const {
        check_fit(*source_, examples);
        std::vector<const supervised_example*> all;
        for (const supervised_example& one : examples) all.push_back(&one);
        const double tokens = count_learned(all);
        require(tokens > 0, "there are no examples to evaluate on");
        const double own =
            sum_supervised_loss(model(), loss_, own_share(ranks_, std::move(all), length), options_.microbatch_tokens);
        return sum_numbers(ranks_, {own}).front() / tokens;
    }

    /// Everything needed to go on bit for bit, as copies: what this trainer does next does not change it.
    state save() const {
        state s;
        s.tensors["weights"] = whole_of(model(), model().weights().values());
        s.put("optimizer", whole_state(model(), optimizer_.save()));
        s.put("rows", rows_.save());
        s.values["step"] = step_;
        s.values["total_steps"] = total_;
        s.values["learning_rate"] = learning_rate_state(schedule_, rate_);
        s.values["num_tokens"] = tokens_;
        s.values["seconds"] = seconds_ + since_start_.seconds();
        return owning(std::move(s));
    }

    /// Takes back what `save` gave. With another `batch_size` or more epochs the run has the steps done and those that
    /// the examples left make; `notes()` then says so, and also where the learning rate takes another course. Throws
    /// `aha::error` if the state belongs to another model, other examples, or another order or packing of them.
    void load(const state& s) {
        rows_.load(s.part("rows"));
        restore_weights(model(), s);
        optimizer_.load(own_state(model(), s.part("optimizer"), s.tensors.at("weights").numel()));
        step_ = s.values.at("step").template get<std::int64_t>();
        tokens_ = s.values.at("num_tokens").template get<std::int64_t>();
        seconds_ = s.values.at("seconds").template get<double>();
        since_start_.restart();
        total_ = step_ + rows_.batches_left(options_.batch_size);
        if constexpr (std::is_same_v<Schedule, warmup_schedule>)
            if (decays_over_all_) schedule_ = warmup_schedule{detail::decay_to_a_tenth(total_, options_.warmup_steps)};
        rate_ = options_.learning_rate * (step_ > 0 ? schedule_(step_ - 1) : 0);
        notes_ = resume_notes(s, schedule_, options_.learning_rate, step_, total_);
    }

private:
    step_report take_step() {
        const stopwatch whole;
        std::vector<const supervised_example*> batch;
        for (const example_rows::row& row : rows_.next(options_.batch_size))
            batch.insert(batch.end(), row.begin(), row.end());
        require(!batch.empty(), "the examples ran out after ", step_, " steps, the last of ", options_.rows.epochs,
                " epochs");
        gradient_reduction reduction{model(), ranks_};
        supervised_sums sums =
            accumulate_supervised(std::as_const(model()), loss_, own_share(ranks_, batch, length),
                                  options_.microbatch_tokens, count_learned(batch), reduction.hook());
        reduction.finish();
        sums.loss = sum_numbers(ranks_, {sums.loss}).front();
        const double norm = clip_model_gradient(model(), ranks_, options_.max_gradient_norm);
        require_finite_gradient(norm, step_ + 1);
        rate_ = options_.learning_rate * schedule_(step_);
        optimizer_.step(model().weights(), rate_);
        model().refresh();
        ++step_;

        for (const supervised_example* const one : batch) tokens_ += std::ssize(one->ids);
        step_report r;
        r.step = step_;
        r.total_steps = total_;
        r.metrics = {{"loss", sums.loss},
                     {"grad_norm", norm},
                     {"learning_rate", rate_},
                     {"epoch", rows_.epochs_done()},
                     {"num_tokens", static_cast<double>(tokens_)},
                     {"tokens/trained", sums.tokens}};
        if (options_.evaluate_every > 0 && !held_out_.empty() &&
            (step_ % options_.evaluate_every == 0 || step_ == total_))
            r.metrics.emplace_back("eval_loss", evaluate(held_out_));
        r.metrics.emplace_back("step_time", whole.seconds());
        r.metrics.emplace_back("seconds", seconds_ + since_start_.seconds());
        return r;
    }

    template <class... Policies>
    sft(std::tuple<Policies...> given, Source& source, std::vector<supervised_example> examples,
        const sft_options& options)
        : source_{&source},
          options_{checked(source, examples, options)},
          rows_{std::move(examples), options_.rows},
          total_{rows_.batches(options_.batch_size)},
          loss_{detail::take_slot<detail::supervised_loss_slot, Loss>(given, detail::make_plain{})},
          optimizer_{detail::take_slot<detail::optimizer_slot, Optimizer>(given, detail::make_plain{})},
          schedule_{detail::take_slot<detail::schedule_slot, Schedule>(
              given, detail::make_decay_to_a_tenth{total_, options_.warmup_steps})},
          decays_over_all_{!(false || ... || detail::schedule_slot::holds<Policies>)},
          ranks_{detail::take_slot<detail::communicator_slot, Communicator>(
              given, detail::join_launched_ranks<typename model_type::tensor_policy>{})} {
        require(decays_over_all_ || options_.warmup_steps == 0, "warmup_steps is ", options_.warmup_steps,
                ", but the schedule that was given has a warm-up of its own or none");
        detail::check_schedule(schedule_, options_.learning_rate);
    }

    static std::int64_t length(const supervised_example* one) { return std::ssize(one->ids); }

    static const sft_options& checked(const Source& source, const std::vector<supervised_example>& examples,
                                      const sft_options& options) {
        options.validate();
        check_fit(source, examples);
        return options;
    }

    /// Throws `aha::error` for an example that the model cannot read.
    static void check_fit(const Source& source, std::span<const supervised_example> examples) {
        for (const supervised_example& one : examples) detail::check_example(one, detail::limits_of(model_of(source)));
        if constexpr (requires { model_of(source).context(); })
            for (const supervised_example& one : examples)
                require(std::ssize(one.ids) <= model_of(source).context(), "example ", one.index, " has ",
                        one.ids.size(), " tokens, more than the model's context of ", model_of(source).context());
    }

    model_type& model() { return model_of(*source_); }
    const model_type& model() const { return model_of(*source_); }

    Source* source_;
    sft_options options_;
    example_rows rows_;
    std::int64_t total_;
    Loss loss_;
    Optimizer optimizer_;
    Schedule schedule_;
    bool decays_over_all_;  // the schedule is the default one, which ends with the data
    Communicator ranks_;
    std::vector<supervised_example> held_out_;
    std::vector<std::string> notes_;
    std::int64_t step_ = 0, tokens_ = 0;
    double rate_ = 0;     // of the step before
    double seconds_ = 0;  // of earlier runs that this one continues
    stopwatch since_start_;
};

template <class Source, class... Policies>
    requires((true && ... && detail::sft_slots::explain<Policies>()))
sft(Source&, std::vector<supervised_example>, sft_options, Policies...)
    -> sft<Source, detail::chosen_t<detail::supervised_loss_slot, cross_entropy, Policies...>,
           detail::chosen_t<detail::optimizer_slot, adamw, Policies...>,
           detail::chosen_t<detail::schedule_slot, warmup_schedule, Policies...>,
           detail::chosen_t<detail::communicator_slot, process_group, Policies...>>;

template <class Source>
sft(Source&, std::vector<supervised_example>) -> sft<Source>;

}  // namespace aha
