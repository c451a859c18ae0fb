#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <aha/concepts/objective.hpp>
#include <aha/core/error.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/data/shuffled_order.hpp>
#include <aha/model/reward_model.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/update/reward_gradient.hpp>
#include <aha/rollout/token_limits.hpp>
#include <aha/train/trainer.hpp>

namespace aha {

/// Numbers of a reward model's training. Defaults are those of R1's reward models (DeepSeek-R1, Methods).
struct reward_trainer_options {
    std::int64_t batch_size = 256;          ///< pairs or texts per step; the last batch of an epoch may be smaller
    double learning_rate = 6e-6;            ///< peak; the schedule multiplies it
    std::int64_t epochs = 1;                ///< times through the data
    bool shuffle = true;                    ///< a new order each epoch; false: as given
    std::uint64_t seed = 0;                 ///< of the orders
    double max_gradient_norm = 1.0;         ///< clip of the joint norm of body and head; 0 switches it off
    std::int64_t microbatch_tokens = 8192;  ///< most tokens in one forward and backward pass; a memory limit, results
                                            ///< do not depend on it

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(batch_size > 0, "batch_size must be positive, not ", batch_size);
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(epochs > 0, "epochs must be positive, not ", epochs);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

namespace detail {

/// Slot of a loss for `Record`.
template <class Record>
struct reward_loss_slot {
    template <class T>
    static constexpr bool holds = reward_record<Record>::template fits<T>;
    template <class T>
    static constexpr bool almost = std::invocable<const T&, const at::Tensor&, const at::Tensor&>;
    template <class T>
    static consteval bool explain() {
        return reward_record<Record>::template require_loss<T>();
    }
};

/// What a reward model's trainer takes after its options.
template <class Record>
using reward_trainer_slots = slot_list<reward_loss_slot<Record>, optimizer_slot, schedule_slot, communicator_slot>;

}  // namespace detail

/// What `reward_trainer` trains for: the mean of a loss over a batch of records.
template <class Record, class Loss>
class reward_objective {
    using of = detail::reward_record<Record>;

public:
    /// What a step learns from.
    struct batch {
        std::vector<const Record*> mine;  ///< this rank's
        std::size_t records = 0;          ///< of all ranks
        std::int64_t tokens = 0;          ///< of all ranks
    };

    /// Throws `aha::error` for options that make no sense, and naming the first record that cannot be learned from.
    template <class Model>
    reward_objective(const Model& model, std::vector<Record> records, const reward_trainer_options& options, Loss loss)
        : records_{std::move(records)},
          options_{options},
          loss_{std::move(loss)},
          order_{of::whose,
                 checked(model).size(),
                 fingerprint(),
                 {.shuffle = options.shuffle, .seed = options.seed, .epochs = options.epochs}} {}

    template <class Model, class Communicator>
    batch next(const step_context<Model, Communicator>& at) {
        require(steps_left() > 0, "the records ran out after ", at.step, " steps, the last of ", options_.epochs,
                " epochs");
        std::vector<const Record*> all;
        for (const std::size_t row : order_.next_batch(options_.batch_size)) all.push_back(&records_[row]);
        batch made{.records = all.size()};
        for (const Record* const one : all) made.tokens += detail::tokens_of_record(*one);
        made.mine = local_shard(at.ranks, std::move(all), length);
        return made;
    }

    template <class Model>
    reward_metrics accumulate(const Model& model, const batch& made, std::size_t, const microbatch_hook& before) const {
        return accumulate_reward_gradient(model, loss_, std::span<const Record* const>{made.mine},
                                          options_.microbatch_tokens, made.records, before);
    }

    metric_list report(const batch&, std::span<const reward_metrics> updates, const update_record& record) const {
        const reward_metrics& metrics = updates.front();
        return {{"accuracy", metrics.accuracy},       {"margin", metrics.margin},
                {"mean_reward", metrics.mean_reward}, {"min_reward", metrics.min_reward},
                {"max_reward", metrics.max_reward},   {"epoch", order_.epochs_done()},
                {"time/train", record.seconds}};
    }

    /// How a model does on other records: of (model, ranks, records), called by each rank.
    auto evaluation() const {
        return [loss = loss_, budget = options_.microbatch_tokens](const auto& model, const auto& ranks,
                                                                   std::span<const Record> records) {
            for (const Record& one : records) check_fit(model, one);
            std::vector<const Record*> all;
            for (const Record& one : records) all.push_back(&one);
            const std::vector<const Record*> mine = local_shard(ranks, all, length);
            return measure_rewards(model, loss, std::span<const Record* const>{mine}, budget, all.size()).joined(ranks);
        };
    }

    std::int64_t num_tokens(const batch& made) const { return made.tokens; }

    /// Steps that the records left make; a batch ends with its epoch.
    std::int64_t steps_left() const { return order_.batches_left(options_.batch_size); }

    const reward_trainer_options& options() const { return options_; }

    state save() const {
        state s;
        s.put("order", order_.save());
        return s;
    }
    void load(const state& s) { order_.load(s.part("order")); }

private:
    static std::int64_t length(const Record* one) { return detail::tokens_of_record(*one); }

    template <class Model>
    const std::vector<Record>& checked(const Model& model) const {
        options_.validate();
        require(!records_.empty(), "there is nothing to learn from: ", of::whose, " are none");
        for (const Record& one : records_) {
            of::check(one);
            check_fit(model, one);
        }
        return records_;
    }

    template <class Model>
    static void check_fit(const Model& model, const Record& one) {
        for (const auto& text : of::texts(one))
            detail::check_record_tokens(text, detail::limits_of(model.body()), one.index, of::whose);
        if constexpr (requires { model.context(); })
            for (const auto& text : of::texts(one))
                require(std::ssize(text) <= model.context(), "record ", one.index, " of ", of::whose, " has ",
                        text.size(), " tokens, more than the model's context of ", model.context());
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

    std::vector<Record> records_;
    reward_trainer_options options_;
    Loss loss_;
    detail::shuffled_order order_;
};

/// Trains a reward model, on `preference_pair`s (R1's helpfulness) or on `labeled_text`s (its safety): DeepSeek-R1,
/// Methods. The loss is the mean over the whole batch, whatever the microbatches. Metrics have TRL's names.
///
/// Slots, given after the options in any order: a loss of the records (`bradley_terry`; `pointwise`), optimizer,
/// schedule, communicator. Without a schedule the rate is constant. The optimizer is copied: body and head have one
/// each.
///
/// @tparam Source a `pretrained` `reward_model`, or a bare one
/// @tparam Record `preference_pair` or `labeled_text`
template <class Source, class Record, class Loss = typename detail::reward_record<Record>::default_loss,
          class Optimizer = adamw, class Schedule = warmup_schedule, class Communicator = process_group>
class reward_trainer : public trainer<Source, reward_objective<Record, Loss>, Optimizer, Schedule, Communicator> {
    static_assert(std::is_copy_constructible_v<Optimizer>,
                  "aha: the optimizer of a reward_trainer must be copyable: body and head of the model have one each");
    using objective_type = reward_objective<Record, Loss>;
    using base = trainer<Source, objective_type, Optimizer, Schedule, Communicator>;

public:
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

    /// How the model does on other records, by the loss that it is trained with. Of several ranks each calls it.
    /// Throws `aha::error` naming the first record that the model cannot read.
    reward_metrics evaluate(std::span<const Record> records) const {
        return this->objective().evaluation()(this->model(), this->communicator(), records);
    }

private:
    template <class... Policies>
    reward_trainer(std::tuple<Policies...> given, Source& source, std::vector<Record> records,
                   const reward_trainer_options& options)
        : base{std::move(given),
               source,
               [&] {
                   return objective_type{
                       model_of(source), std::move(records), options,
                       detail::take_slot<detail::reward_loss_slot<Record>, Loss>(given, detail::make_plain{})};
               },
               {.learning_rate = options.learning_rate, .max_gradient_norm = options.max_gradient_norm}} {
        require(!is_sharded(model_of(source).body()),
                "a reward model is trained whole: its body's weights may not be sharded");
    }
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

template <class Source, class Record, class First, class... Rest>
    requires(!std::convertible_to<First, reward_trainer_options> &&
             detail::options_come_first<reward_trainer_options, First>())
reward_trainer(Source&, std::vector<Record>, First, Rest...) -> reward_trainer<Source, Record>;

}  // namespace aha
