#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <aha/concepts/objective.hpp>
#include <aha/concepts/supervised_loss.hpp>
#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/data/example_rows.hpp>
#include <aha/loss/cross_entropy.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/update/supervised_gradient.hpp>
#include <aha/rollout/token_limits.hpp>
#include <aha/train/trainer.hpp>

namespace aha {

/// Numbers of a supervised run. Defaults are R1's shape at a small model's size.
struct sft_options {
    std::int64_t batch_size = 16;     ///< rows per step: examples, or packed rows
    double learning_rate = 1e-4;      ///< peak; the schedule multiplies it
    std::int64_t warmup_steps = 0;    ///< of the schedule that there is unless one is given: linear, before its cosine
    example_rows_options rows{};      ///< packing, epochs, order
    double max_gradient_norm = 1.0;   ///< global gradient clip; 0 switches it off
    std::int64_t evaluate_every = 0;  ///< steps between evaluations; 0: only when asked
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward and backward pass; a memory limit, results
                                            ///< do not depend on it

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        rows.validate();
        require(batch_size > 0, "batch_size must be positive, not ", batch_size);
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(warmup_steps >= 0, "warmup_steps must be 0 or more, not ", warmup_steps);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(evaluate_every >= 0, "evaluate_every must be 0 (only when asked) or more, not ", evaluate_every);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

namespace detail {

/// Throws `aha::error` for an example that the model cannot read.
template <class Model>
void check_fit(const Model& model, std::span<const supervised_example> examples) {
    for (const supervised_example& one : examples) check_example(one, limits_of(model));
    if constexpr (requires { model.context(); })
        for (const supervised_example& one : examples)
            require(std::ssize(one.ids) <= model.context(), "example ", one.index, " has ", one.ids.size(),
                    " tokens, more than the model's context of ", model.context());
}

}  // namespace detail

/// What `sft` trains for: the mean of a loss over the loss tokens of a batch of examples.
template <class Loss>
class supervised_objective {
public:
    /// What a step learns from.
    struct batch {
        std::vector<const supervised_example*> mine;  ///< this rank's
        double loss_tokens = 0;                       ///< loss tokens of all ranks
        std::int64_t tokens = 0;                      ///< of all ranks
    };

    /// Throws `aha::error` for options that make no sense, and for examples that the model cannot learn from.
    template <class Model>
    supervised_objective(const Model& model, std::vector<supervised_example> examples, const sft_options& options,
                         Loss loss)
        : options_{options},
          loss_{std::move(loss)},
          rows_{(options.validate(), detail::check_fit(model, examples), std::move(examples)), options.rows} {}

    template <class Model, class Communicator>
    batch next(const step_context<Model, Communicator>& at) {
        std::vector<const supervised_example*> all;
        for (const example_rows::row& row : rows_.next(options_.batch_size))
            all.insert(all.end(), row.begin(), row.end());
        require(!all.empty(), "the examples ran out after ", at.step, " steps, the last of ", options_.rows.epochs,
                " epochs");
        batch made{.loss_tokens = count_loss_tokens(all)};
        for (const supervised_example* const one : all) made.tokens += std::ssize(one->ids);
        made.mine = local_shard(at.ranks, std::move(all), length);
        return made;
    }

    template <class Model>
    double accumulate(const Model& model, const batch& made, std::size_t, const microbatch_hook& before) const {
        return accumulate_supervised(model, loss_, made.mine, options_.microbatch_tokens, made.loss_tokens, before)
            .loss;
    }

    metric_list report(const batch& made, std::span<const double>, const update_record& record) const {
        return {{"epoch", rows_.epochs_done()}, {"tokens/trained", made.loss_tokens}, {"time/train", record.seconds}};
    }

    /// The loss of other examples: of (model, ranks, examples), called by each rank.
    auto evaluation() const {
        return [loss = loss_, budget = options_.microbatch_tokens](const auto& model, const auto& ranks,
                                                                   std::span<const supervised_example> examples) {
            detail::check_fit(model, examples);
            return mean_supervised_loss(model, loss, examples, budget, ranks);
        };
    }

    std::int64_t num_tokens(const batch& made) const { return made.tokens; }
    std::int64_t steps_left() const { return rows_.batches_left(options_.batch_size); }
    schedule_options default_schedule(std::int64_t steps) const {
        return detail::decay_to_a_tenth(steps, options_.warmup_steps);
    }
    const sft_options& options() const { return options_; }

    state save() const {
        state s;
        s.put("rows", rows_.save());
        return s;
    }
    void load(const state& s) { rows_.load(s.part("rows")); }

private:
    static std::int64_t length(const supervised_example* one) { return std::ssize(one->ids); }

    sft_options options_;
    Loss loss_;
    example_rows rows_;
};

/// Supervised fine-tuning on the loss tokens of examples: R1's cold start and its distillation (DeepSeek-R1,
/// sections 2.3.1 and 2.4). Examples of a row do not see one another; the loss is the mean over the loss tokens of
/// the whole batch, whatever the microbatches. See `completion_example` and `chat_example` for making examples of text.
///
/// Slots, given after the options in any order: supervised_loss, optimizer, schedule, communicator. Without a schedule
/// the rate decays as a cosine to a tenth, as R1's, over all epochs, after `warmup_steps`.
///
/// @tparam Source a `pretrained` model, or a bare one
template <class Source, class Loss = cross_entropy, class Optimizer = adamw, class Schedule = warmup_schedule,
          class Communicator = process_group>
class sft : public trainer<Source, supervised_objective<Loss>, Optimizer, Schedule, Communicator> {
    static_assert(require_language_model<model_of_t<Source>>());
    using base = trainer<Source, supervised_objective<Loss>, Optimizer, Schedule, Communicator>;

public:
    /// @param source model to train, by reference: it outlives the trainer
    /// Throws `aha::error` for options that make no sense, and for examples that `example_rows` refuses or that are
    /// longer than the model's context.
    template <class... Policies>
    sft(Source& source, std::vector<supervised_example> examples, const sft_options& options = {}, Policies... policies)
        : sft{std::tuple<Policies...>{std::move(policies)...}, source, std::move(examples), options} {
        static_assert((true && ... && detail::sft_slots::hold<Policies>),
                      "aha: an argument of sft after the options fits none of its slots: supervised_loss, optimizer, "
                      "schedule, communicator");
        require(!(false || ... || detail::fills<detail::schedule_slot, Policies>()) || options.warmup_steps == 0,
                "warmup_steps is ", options.warmup_steps,
                ", but the schedule that was given has a warm-up of its own or none");
    }

    /// The examples on which `eval_loss` is measured every `evaluate_every` steps and after the last.
    void set_eval_examples(std::vector<supervised_example> examples) {
        if (examples.empty() || this->options().evaluate_every == 0) return;
        this->evaluate_every(this->options().evaluate_every,
                             [objective = this->objective().evaluation(), examples = std::move(examples)](
                                 const auto& model, const auto& ranks) -> metric_list {
                                 return {{"eval_loss", objective(model, ranks, examples)}};
                             });
    }

    /// The mean loss over all loss tokens of `examples`. Of several ranks each calls it.
    /// Throws `aha::error` for examples that the constructor would refuse to train on.
    double evaluate(std::span<const supervised_example> examples) const {
        return this->objective().evaluation()(this->model(), this->communicator(), examples);
    }

private:
    template <class... Policies>
    sft(std::tuple<Policies...> given, Source& source, std::vector<supervised_example> examples,
        const sft_options& options)
        : base{std::move(given),
               source,
               [&] {
                   return supervised_objective<Loss>{
                       model_of(source), std::move(examples), options,
                       detail::take_slot<detail::supervised_loss_slot, Loss>(given, detail::make_plain{})};
               },
               {.learning_rate = options.learning_rate, .max_gradient_norm = options.max_gradient_norm}} {}
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

template <class Source, class First, class... Rest>
    requires(!std::convertible_to<First, sft_options> && detail::options_come_first<sft_options, First>())
sft(Source&, std::vector<supervised_example>, First, Rest...) -> sft<Source>;

}  // namespace aha
