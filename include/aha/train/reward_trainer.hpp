#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/data/shuffled_order.hpp>
#include <aha/model/reward_model.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/optim/clip_joint_norm.hpp>
#include <aha/optim/schedule.hpp>
#include <aha/train/source.hpp>
#include <aha/train/all_or_nothing.hpp>
#include <aha/train/finite_gradient.hpp>
#include <aha/train/learning_rate_state.hpp>
#include <aha/train/joined_sums.hpp>
#include <aha/train/rank_work.hpp>
#include <aha/train/check_schedule.hpp>
#include <aha/train/gradient_reduction.hpp>
#include <aha/train/join_launched_ranks.hpp>
#include <aha/dist/process_group.hpp>
#include <aha/train/reward_gradient.hpp>
#include <aha/train/reward_records.hpp>
#include <aha/train/reward_trainer_options.hpp>
#include <aha/train/resume_notes.hpp>
#include <aha/train/shared_out.hpp>
#include <aha/train/slots.hpp>
#include <aha/train/steps_range.hpp>
#include <aha/train/token_limits.hpp>
#include <aha/train/trainer_slots.hpp>
#include <aha/train/weights_state.hpp>

namespace aha {

/// Trains a reward model, on `preference_pair`s (R1's helpfulness) or on `labelled_text`s (its safety): DeepSeek-R1,
/// Methods. The loss is the mean over the whole batch, whatever the microbatches. Figures have TRL's names.
///
/// Slots, given after the options in any order: a loss of the records (`bradley_terry`; `pointwise`), optimizer,
/// schedule. Without a schedule the rate is constant. The optimizer is copied: body and head have one each.
///
/// @tparam Source a `pretrained` `reward_model`, or a bare one
/// @tparam Record `preference_pair` or `labelled_text`
template <class Source, class Record, class Loss = typename detail::reward_record<Record>::default_loss,
          class Optimizer = adamw, class Schedule = warmup_schedule, class Communicator = process_group>
class reward_trainer {
    static_assert(std::is_copy_constructible_v<Optimizer>,
                  "aha: the optimizer of a reward_trainer must be copyable: body and head of the model have one each");

public:
    using model_type = model_of_t<Source>;

    /// @param source model to train, by reference: it outlives the trainer
    /// Throws `aha::error` for options that make no sense, and naming the first record that cannot be learned from.
    template <class... Policies>
    reward_trainer(Source& source, std::vector<Record> records, const reward_trainer_options& options = {},
                   Policies... policies)
        : reward_trainer{std::tuple<Policies...>{std::move(policies)...}, source, std::move(records), options} {
        static_assert((true && ... && detail::reward_trainer_slots<Record>::template hold<Policies>),
                      "aha: an argument of reward_trainer after the options fits none of its slots: loss of the "
                      "records, optimizer, schedule, communicator");
    }

    /// One update from the next batch. Throws `aha::error` after the last epoch, or when the gradient is not finite;
    /// model, optimizers, place in the data and counters are then as they were before.
    step_report step() {
        return all_or_nothing([this] { return take_step(); },
                              [this, before = step_, place = order_.save()] {
                                  if (step_ == before) order_.load(place);
                              });
    }

    /// The steps that are left, as an input range: see `steps_range`.
    auto steps() { return steps_range<reward_trainer>{*this, total_}; }

    std::int64_t steps_done() const { return step_; }
    std::int64_t total_steps() const { return total_; }  ///< of all epochs, with those done before a resume
    const reward_trainer_options& options() const { return options_; }
    const Schedule& schedule() const { return schedule_; }            ///< of the learning rate
    const Communicator& communicator() const { return ranks_; }       ///< which of how many ranks this is
    const std::vector<std::string>& notes() const { return notes_; }  ///< what `load` found to be otherwise

    /// How the model does on other records, by the loss that it is trained with. Of several ranks each calls it.
    /// Throws `aha::error` naming the first record that the model cannot read.
    reward_figures evaluate(std::span<const Record> records) const {
        for (const Record& one : records) check_fit(one);
        std::vector<const Record*> all;
        for (const Record& one : records) all.push_back(&one);
        const std::vector<const Record*> mine = own_share(ranks_, all, length);
        return join_figures(ranks_, measure_rewards(model(), loss_, std::span<const Record* const>{mine},
                                                    options_.microbatch_tokens, all.size()));
    }

    /// Everything needed to go on bit for bit, as copies: what this trainer does next does not change it.
    state save() const {
        state s;
        s.tensors["weights"] = model().body().weights().values();
        s.tensors["head"] = model().head().weights().values();
        s.put("optimizer", optimizer_.save());
        s.put("head_optimizer", head_optimizer_.save());
        s.put("order", order_.save());
        s.values["step"] = step_;
        s.values["total_steps"] = total_;
        s.values["learning_rate"] = learning_rate_state(schedule_, rate_);
        s.values["num_tokens"] = tokens_;
        s.values["seconds"] = seconds_ + since_start_.seconds();
        return owning(std::move(s));
    }

    /// Takes back what `save` gave. With another `batch_size` or more epochs the run has the steps done and those that
    /// the records left make; `notes()` then says so, and also where the learning rate takes another course. Throws
    /// `aha::error` if the state belongs to another model, other records or another order of them.
    void load(const state& s) {
        order_.load(s.part("order"));
        restore_weights(model().body(), s);
        restore_weights(model().head(), s, "head");
        optimizer_.load(s.part("optimizer"));
        head_optimizer_.load(s.part("head_optimizer"));
        step_ = s.values.at("step").template get<std::int64_t>();
        tokens_ = s.values.at("num_tokens").template get<std::int64_t>();
        seconds_ = s.values.at("seconds").template get<double>();
        since_start_.restart();
        total_ = step_ + batches_left();
        rate_ = options_.learning_rate * (step_ > 0 ? schedule_(step_ - 1) : 0);
        notes_ = resume_notes(s, schedule_, options_.learning_rate, step_, total_);
    }

private:
    step_report take_step() {
        const stopwatch whole;
        require(step_ < total_, "the records ran out after ", step_, " steps, the last of ", options_.epochs,
                " epochs");
        const std::vector<const Record*> batch = next_batch();
        model().head().weights().zero_gradients();
        const std::vector<const Record*> mine = own_share(ranks_, batch, length);
        gradient_reduction reduction{model().body(), ranks_};
        const reward_figures own =
            accumulate_reward_gradient(std::as_const(model()), loss_, std::span<const Record* const>{mine},
                                       options_.microbatch_tokens, batch.size(), reduction.hook());
        reduction.finish();
        ranks_.sum(model().head().weights().gradients());
        const reward_figures figures = join_figures(ranks_, own);
        const std::array<const parameters*, 2> both{&model().body().weights(), &model().head().weights()};
        const double norm = clip_joint_norm(both, options_.max_gradient_norm);
        require_finite_gradient(norm, step_ + 1);
        rate_ = options_.learning_rate * schedule_(step_);
        optimizer_.step(model().body().weights(), rate_);
        head_optimizer_.step(model().head().weights(), rate_);
        model().body().refresh();
        ++step_;
        for (const Record* const one : batch) tokens_ += detail::tokens_of_record(*one);

        step_report r;
        r.step = step_;
        r.total_steps = total_;
        r.metrics = {{"loss", figures.loss},
                     {"accuracy", figures.accuracy},
                     {"margin", figures.margin},
                     {"mean_reward", figures.mean_reward},
                     {"min_reward", figures.min_reward},
                     {"max_reward", figures.max_reward},
                     {"grad_norm", norm},
                     {"learning_rate", rate_},
                     {"epoch", epochs_done()},
                     {"num_tokens", static_cast<double>(tokens_)},
                     {"step_time", whole.seconds()},
                     {"seconds", seconds_ + since_start_.seconds()}};
        return r;
    }

    using of = detail::reward_record<Record>;

    template <class... Policies>
    reward_trainer(std::tuple<Policies...> given, Source& source, std::vector<Record> records,
                   const reward_trainer_options& options)
        : source_{&source},
          records_{std::move(records)},
          options_{options},
          order_{of::whose,
                 checked().size(),
                 fingerprint(),
                 {.shuffle = options.shuffle, .seed = options.seed, .epochs = options.epochs}},
          loss_{detail::take_slot<detail::reward_loss_slot<Record>, Loss>(given, detail::make_plain{})},
          optimizer_{detail::take_slot<detail::optimizer_slot, Optimizer>(given, detail::make_plain{})},
          head_optimizer_{optimizer_},
          schedule_{detail::take_slot<detail::schedule_slot, Schedule>(given, detail::make_plain{})},
          ranks_{detail::take_slot<detail::communicator_slot, Communicator>(
              given, detail::join_launched_ranks<typename model_type::tensor_policy>{})} {
        total_ = batches_left();
        detail::check_schedule(schedule_, options_.learning_rate);
        require(!is_shared_out(model().body()),
                "a reward model is trained whole: its body's weights may not be shared out");
    }

    static std::int64_t length(const Record* one) { return detail::tokens_of_record(*one); }

    const std::vector<Record>& checked() const {
        options_.validate();
        require(!records_.empty(), "there is nothing to learn from: ", of::whose, " are none");
        for (const Record& one : records_) {
            of::check(one);
            check_fit(one);
        }
        return records_;
    }

    void check_fit(const Record& one) const {
        for (const auto& text : of::texts(one))
            detail::check_record_tokens(text, detail::limits_of(model().body()), one.index, of::whose);
        if constexpr (requires { model().context(); })
            for (const auto& text : of::texts(one))
                require(std::ssize(text) <= model().context(), "record ", one.index, " of ", of::whose, " has ",
                        text.size(), " tokens, more than the model's context of ", model().context());
    }

    std::uint64_t fingerprint() const {
        detail::fingerprint sum;
        const auto add = [&](const auto* bytes, std::size_t size) {
            sum.add({reinterpret_cast<const char*>(bytes), size});
        };
        for (const Record& one : records_) {
            const double number = of::number(one);
            for (const auto& text : of::texts(one)) add(text.data(), text.size_bytes());
            add(&number, sizeof number);
        }
        return sum.value();
    }

    /// Records that this epoch has not used yet.
    std::int64_t left_of_epoch() const {
        return std::ssize(records_) - static_cast<std::int64_t>(order_.asked_of_epoch());
    }

    /// Steps that the records left make; a batch ends with its epoch.
    std::int64_t batches_left() const {
        const auto batches = [&](std::int64_t count) {
            return (count + options_.batch_size - 1) / options_.batch_size;
        };
        return batches(left_of_epoch()) + (options_.epochs - 1 - order_.epoch()) * batches(std::ssize(records_));
    }

    double epochs_done() const {
        return static_cast<double>(order_.epoch()) +
               static_cast<double>(order_.asked_of_epoch()) / static_cast<double>(records_.size());
    }

    std::vector<const Record*> next_batch() {
        std::vector<const Record*> batch;
        const std::int64_t left = left_of_epoch() > 0 ? left_of_epoch() : std::ssize(records_);
        const std::int64_t count = std::min(options_.batch_size, left);
        while (std::ssize(batch) < count) batch.push_back(&records_[order_.next().value().row]);
        return batch;
    }

    model_type& model() { return model_of(*source_); }
    const model_type& model() const { return model_of(*source_); }

    Source* source_;
    std::vector<Record> records_;
    reward_trainer_options options_;
    detail::shuffled_order order_;
    Loss loss_;
    Optimizer optimizer_, head_optimizer_;
    Schedule schedule_;
    Communicator ranks_;
    std::vector<std::string> notes_;
    std::int64_t step_ = 0, total_ = 0, tokens_ = 0;
    double rate_ = 0;     // of the step before
    double seconds_ = 0;  // of earlier runs that this one continues
    stopwatch since_start_;
};

template <class Source, class Record, class... Policies>
    requires((true && ... && detail::reward_trainer_slots<Record>::template explain<Policies>()))
reward_trainer(Source&, std::vector<Record>, reward_trainer_options, Policies...)
    -> reward_trainer<Source, Record,
                      detail::chosen_t<detail::reward_loss_slot<Record>,
                                       typename detail::reward_record<Record>::default_loss, Policies...>,
                      detail::chosen_t<detail::optimizer_slot, adamw, Policies...>,
                      detail::chosen_t<detail::schedule_slot, warmup_schedule, Policies...>,
                      detail::chosen_t<detail::communicator_slot, process_group, Policies...>>;

template <class Source, class Record>
reward_trainer(Source&, std::vector<Record>) -> reward_trainer<Source, Record>;

}  // namespace aha
