#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/language_model.hpp>
#include <aha/concepts/objective.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/concepts/schedule.hpp>
#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/dist/join_launched_ranks.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/rollout/source.hpp>
#include <aha/train/slots.hpp>
#include <aha/update/learning_rate.hpp>
#include <aha/update/weight_updates.hpp>

namespace aha {

/// The steps of a trainer up to step `last`, an input range: each step is taken once, however often its report is read.
/// It is taken when the loop looks at it or passes over it, so that `views::take(n)`, which moves on from its last
/// element, takes n steps and not one more. The trainer outlives the range; steps that the loop takes itself count.
template <class Trainer>
class steps_range : public std::ranges::view_interface<steps_range<Trainer>> {
public:
    /// @param last of the steps, counted from 1 as in a report
    steps_range(Trainer& trainer, std::int64_t last) : trainer_{&trainer}, last_{last} {}

    /// Where the range is; all of a range's iterators move together.
    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = step_report;
        using difference_type = std::ptrdiff_t;

        iterator() = default;  ///< at nothing
        /// Of this range, which outlives it.
        explicit iterator(steps_range& range) : range_{&range} {}

        /// The step's report. Throws what the step throws.
        const step_report& operator*() const { return range_->look(); }
        /// On to the next step; one that was not looked at is taken.
        iterator& operator++() {
            range_->pass();
            return *this;
        }
        /// The same.
        void operator++(int) { ++*this; }
        /// Whether no step is left.
        bool operator==(std::default_sentinel_t) const { return range_->at_end(); }

    private:
        steps_range* range_ = nullptr;
    };

    /// At the first step that was not taken yet.
    iterator begin() { return iterator{*this}; }
    /// After step `last`.
    std::default_sentinel_t end() const { return {}; }

private:
    const step_report& look() {
        if (!report_) {
            report_.emplace(trainer_->step());
            report_->total_steps = last_;
        }
        return *report_;
    }
    void pass() {
        look();
        report_.reset();
    }
    bool at_end() const { return !report_ && trainer_->steps_done() >= last_; }

    Trainer* trainer_;
    std::int64_t last_;
    std::optional<step_report> report_;  // of the step that the loop is at
};

/// What every trainer asks of its optimizer steps.
struct trainer_options {
    double learning_rate = 2e-5;     ///< peak; the schedule multiplies it
    double max_gradient_norm = 1.0;  ///< global gradient clip; 0 switches it off

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
    }
};

/// The optimizer of an objective that trains nothing, which needs no `accumulate`: it samples, say.
struct no_optimizer {};

namespace detail {

template <bool trains, class Objective, class Model, class Communicator>
struct sums_or {
    using type = double;
};
template <class Objective, class Model, class Communicator>
struct sums_or<true, Objective, Model, Communicator> {
    using type = std::remove_cvref_t<sums_of<Objective, Model, Communicator>>;
};

template <bool trains, class Objective, class Model, class Communicator>
consteval bool require_objective_of() {
    if constexpr (trains) return require_objective<Objective, Model, Communicator>();
    else return true;
}

}  // namespace detail

/// The loop of all training. A step asks the objective what to learn from, has it add the gradient, adds that over the
/// ranks, clips and checks it, moves the weights, and reports. Whatever the objective is, a step that throws leaves
/// model, optimizer, objective and counters as they were; `save` and `load` go on bit for bit; ranks end each step with
/// the same weights; and what `evaluate_every` measures joins the report.
///
/// Slots, given after the options in any order: optimizer, schedule, communicator.
///
/// @tparam Source a `pretrained` model, or a bare one
template <class Source, class Objective, class Optimizer = adamw, class Schedule = warmup_schedule,
          class Communicator = process_group>
class trainer {
public:
    using model_type = model_of_t<Source>;  ///< what is trained
    using context = step_context<model_type, Communicator>;
    static_assert(
        detail::require_objective_of<!std::is_same_v<Optimizer, no_optimizer>, Objective, model_type, Communicator>());

    /// @param source model to train, by reference: it outlives the trainer
    template <class... Policies>
    trainer(Source& source, Objective objective, const trainer_options& options = {}, Policies... policies)
        : trainer{std::tuple<Policies...>{std::move(policies)...}, source,
                  [&] { return Objective{std::move(objective)}; }, options} {
        static_assert((true && ... && detail::trainer_slots::hold<Policies>),
                      "aha: an argument of trainer after the options fits none of its slots: optimizer, schedule, "
                      "communicator");
    }

    /// One step. Throws `aha::error` when there is nothing left to learn from or the gradient is not finite, and what a
    /// policy throws; all is then as it was before the step.
    step_report step() {
        return all_or_nothing([this] { return take_step(); },
                              [this, before = step_, place = objective_place()] {
                                  if (step_ == before) go_back(place);
                              });
    }

    /// The next `count` steps as an input range: see `steps_range`.
    auto steps(std::int64_t count) { return steps_range<trainer>{*this, step_ + count}; }

    /// The steps that are left, as an input range.
    auto steps()
        requires objective_knows_its_end<Objective>
    {
        return steps_range<trainer>{*this, total_};
    }

    /// Steps of the whole run, those done before a resume included.
    std::int64_t total_steps() const
        requires objective_knows_its_end<Objective>
    {
        return total_;
    }

    /// Measures every `every` steps, and after the last where the data ends: what `measure` gives joins the step's
    /// metrics. All ranks measure.
    /// @param measure `metric_list(const Model&, const Communicator&)`
    void evaluate_every(std::int64_t every,
                        std::function<metric_list(const model_type&, const Communicator&)> measure) {
        require(every > 0, "evaluations must be 1 or more steps apart, not ", every);
        evaluate_every_ = every;
        measure_ = std::move(measure);
    }

    std::int64_t steps_done() const { return step_; }                              ///< those before a resume included
    const model_type& model() const { return model_of(std::as_const(*source_)); }  ///< as it is now
    const Objective& objective() const { return objective_; }                      ///< what it trains for
    const Communicator& communicator() const { return ranks_; }                    ///< which of how many ranks this is
    const Schedule& schedule() const { return schedule_; }                         ///< of the learning rate
    const std::vector<std::string>& notes() const { return notes_; }  ///< what `load` found to be otherwise

    /// What it was made with.
    const auto& options() const
        requires requires(const Objective& o) { o.options(); }
    {
        return objective_.options();
    }

    /// Everything needed to go on bit for bit, as copies: weights, optimizer, the objective's own, counters. All ranks
    /// call it.
    state save() const {
        state s = objective_.save();
        if constexpr (trains) {
            updates_.save(model(), s);
            s.values["learning_rate"] = learning_rate_state(schedule_, rate_);
        }
        s.values["step"] = step_;
        if constexpr (knows_its_end) s.values["total_steps"] = total_;
        s.values["num_tokens"] = tokens_;
        s.values["seconds"] = seconds_ + since_start_.seconds();
        return owning(std::move(s));
    }

    /// Takes back what `save` gave; `notes()` then says what is otherwise: the number of steps (another batch size,
    /// more epochs), the learning-rate schedule. Throws `aha::error` if it belongs to another model or other data.
    void load(const state& s) {
        objective_.load(s);
        if constexpr (trains) updates_.load(model(), s);
        step_ = s.values.at("step").template get<std::int64_t>();
        tokens_ = s.values.at("num_tokens").template get<std::int64_t>();
        seconds_ = s.values.at("seconds").template get<double>();
        since_start_.restart();
        if constexpr (knows_its_end) total_ = step_ + objective_.steps_left();
        if constexpr (trains) {
            if constexpr (has_default_schedule)
                if (schedule_is_default_) schedule_ = Schedule{objective_.default_schedule(total_)};
            rate_ = options_.learning_rate * (step_ > 0 ? schedule_(step_ - 1) : 0);
            notes_ = resume_notes(s, schedule_, options_.learning_rate, step_, total_);
        }
    }

protected:
    /// Of a trainer with slots of its own, which `make_objective()` takes out of `given`.
    template <class... Policies, class MakeObjective>
    trainer(std::tuple<Policies...>&& given, Source& source, const MakeObjective& make_objective,
            const trainer_options& options)
        : source_{&source},
          objective_{make_objective()},
          options_{options},
          total_{steps_of(objective_)},
          updates_{detail::take_slot<detail::optimizer_slot, Optimizer>(given, detail::make_plain{})},
          schedule_{detail::take_slot<detail::schedule_slot, Schedule>(given, make_schedule{&objective_, total_})},
          schedule_is_default_{!(false || ... || detail::fills<detail::schedule_slot, Policies>())},
          ranks_{detail::take_slot<detail::communicator_slot, Communicator>(
              given, detail::join_launched_ranks<typename model_type::tensor_policy>{})} {
        options_.validate();
        if constexpr (trains) detail::check_schedule(schedule_, options_.learning_rate);
    }

    auto& model() { return model_of(*source_); }   ///< to be changed
    Objective& objective() { return objective_; }  ///< to be changed

private:
    using batch = batch_of<Objective, model_type, Communicator>;
    static constexpr bool trains = !std::is_same_v<Optimizer, no_optimizer>;
    using sums = typename detail::sums_or<trains, Objective, model_type, Communicator>::type;
    static constexpr bool knows_its_end = objective_knows_its_end<Objective>;
    static constexpr bool has_default_schedule = objective_has_default_schedule<Objective, Schedule>;

    struct no_updates {
        explicit no_updates(no_optimizer) {}
    };

    struct make_schedule {
        const Objective* objective;
        std::int64_t total;
        template <class Type>
        Type operator()(std::type_identity<Type>) const {
            if constexpr (has_default_schedule) return Type{objective->default_schedule(total)};
            else return Type{};
        }
    };

    static std::int64_t steps_of(const Objective& o) {
        if constexpr (knows_its_end) return o.steps_left();
        else return 0;
    }

    step_report take_step() {
        const stopwatch whole;
        batch made = objective_.next(context{model(), ranks_, step_});
        update_record record;
        std::vector<sums> totals;
        if constexpr (trains) totals = update(made, record);

        ++step_;
        rate_ = record.learning_rate;
        if constexpr (objective_counts_tokens<Objective, batch>) tokens_ += objective_.num_tokens(made);
        if constexpr (objective_follows_steps<Objective, model_type>)
            objective_.after_step(std::as_const(model()), step_);
        return report(std::move(made), totals, record, whole);
    }

    /// The optimizer steps of a batch. Of several, those before one that fails are taken back.
    std::vector<sums> update(batch& made, update_record& record) {
        const stopwatch training;
        std::size_t count = 1;
        if constexpr (objective_says_updates<Objective, batch>)
            count = static_cast<std::size_t>(objective_.updates(made));
        record.learning_rate = options_.learning_rate * schedule_(step_);
        std::vector<sums> totals;
        std::optional<typename weight_updates<model_type, Optimizer>::snapshot> before;
        if (count > 1) before.emplace(updates_.copy(model()));
        bool all_ranks_know = false;
        const auto take_updates = [&] {
            for (std::size_t n = 0; n < count; ++n) {
                totals.push_back(joined(updates_.make_gradient(model(), ranks_, [&](const microbatch_hook& hook) {
                    return objective_.accumulate(std::as_const(model()), made, n, hook);
                })));
                const double norm = updates_.clip(model(), ranks_, options_.max_gradient_norm);
                all_ranks_know = !std::isfinite(norm);
                if (all_ranks_know)
                    throw joint_error{
                        "the gradient of step " + std::to_string(step_ + 1) +
                        " is not finite; weights, optimizer and place in the data were left as they were"};
                updates_.step(model(), record.learning_rate);
                record.loss += loss_of(totals.back());
                record.grad_norm += norm;
                ++record.updates;
            }
        };
        all_or_nothing(take_updates, [&] {
            // Weights that are sharded are refreshed by all ranks or by none.
            if constexpr (!has_body_and_head<model_type>)
                if (!all_ranks_know && is_sharded(model())) return;
            if (before) updates_.restore(model(), *before);
        });
        if (count > 0) record.loss /= static_cast<double>(count), record.grad_norm /= static_cast<double>(count);
        record.seconds = training.seconds();
        return totals;
    }

    step_report report(batch made, const std::vector<sums>& totals, const update_record& record,
                       const stopwatch& whole) {
        step_report r;
        r.step = step_;
        r.total_steps = total_;
        r.metrics = objective_.report(std::as_const(made), std::span<const sums>{totals}, record);
        const auto add = [&](const char* name, double value) { r.metrics.emplace_back(name, value); };
        if constexpr (trains) {
            add("loss", record.loss);
            add("grad_norm", record.grad_norm);
            add("learning_rate", record.learning_rate);
        }
        add("num_tokens", static_cast<double>(tokens_));
        const bool last = knows_its_end && step_ == total_;
        if (measure_ && (last || step_ % evaluate_every_ == 0))
            std::ranges::move(measure_(std::as_const(model()), ranks_), std::back_inserter(r.metrics));
        add("step_time", whole.seconds());
        add("seconds", seconds_ + since_start_.seconds());
        if constexpr (objective_has_groups<Objective, batch>) r.groups = objective_.groups(std::move(made));
        return r;
    }

    sums joined(sums own) const {
        if (ranks_.size() == 1) return own;
        if constexpr (std::is_arithmetic_v<sums>)
            return static_cast<sums>(sum_numbers(ranks_, {static_cast<double>(own)}).front());
        else return own.joined(ranks_);
    }

    static double loss_of(const sums& one) {
        if constexpr (std::is_arithmetic_v<sums>) return static_cast<double>(one);
        else return one.loss;
    }

    /// What the objective goes back to if the step fails, with the tokens counted before.
    auto objective_place() const {
        if constexpr (objective_goes_back<Objective>) return objective_.place();
        else return owning(objective_.save());
    }
    template <class Place>
    void go_back(const Place& place) {
        if constexpr (objective_goes_back<Objective>) objective_.go_back(place);
        else objective_.load(place);
    }

    /// Gives what `work()` gives. If it throws, `undo()` puts back what it had changed, and the exception goes on; what
    /// `undo` itself throws is dropped, for the first exception is the one that says what happened.
    template <class Work, class Undo>
    static auto all_or_nothing(const Work& work, const Undo& undo) {
        try {
            return work();
        } catch (...) {
            try {
                undo();
            } catch (...) {  // the first one goes on
            }
            throw;
        }
    }

    Source* source_;
    Objective objective_;
    trainer_options options_;
    std::int64_t total_;  // of the whole run; 0: not known
    std::conditional_t<trains, weight_updates<model_type, Optimizer>, no_updates> updates_;
    Schedule schedule_;
    bool schedule_is_default_;
    Communicator ranks_;
    std::int64_t evaluate_every_ = 0;
    std::function<metric_list(const model_type&, const Communicator&)> measure_;
    std::vector<std::string> notes_;
    std::int64_t step_ = 0, tokens_ = 0;
    double rate_ = 0;     // of the step before
    double seconds_ = 0;  // of earlier runs that this one continues
    stopwatch since_start_;
};

template <class Source, class Objective, class... Policies>
    requires((true && ... && detail::trainer_slots::explain<Policies>()))
trainer(Source&, Objective, trainer_options, Policies...)
    -> trainer<Source, Objective, detail::chosen_t<detail::optimizer_slot, adamw, Policies...>,
               detail::chosen_t<detail::schedule_slot, warmup_schedule, Policies...>,
               detail::chosen_t<detail::communicator_slot, process_group, Policies...>>;

template <class Source, class Objective>
trainer(Source&, Objective) -> trainer<Source, Objective>;

}  // namespace aha
