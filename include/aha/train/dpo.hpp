#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <aha/concepts/objective.hpp>
#include <aha/concepts/preference_loss.hpp>
#include <aha/core/error.hpp>
#include <aha/core/preference_pair.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/data/shuffled_order.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/loss/preference/dpo_loss.hpp>
#include <aha/rollout/token_limits.hpp>
#include <aha/train/trainer.hpp>
#include <aha/update/preference_gradient.hpp>

namespace aha {

/// Numbers of direct preference optimization. The learning rate is TRL's; Tulu 3 takes 5e-7 with a warm-up.
struct dpo_options {
    std::int64_t batch_size = 32;           ///< pairs per step; the last batch of an epoch may be smaller
    double learning_rate = 1e-6;            ///< peak; the schedule multiplies it
    std::int64_t warmup_steps = 0;          ///< of the schedule that there is unless one is given: linear to the peak,
                                            ///< then linear to 0
    std::int64_t epochs = 1;                ///< times through the pairs
    bool shuffle = true;                    ///< a new order each epoch; false: as given
    std::uint64_t seed = 0;                 ///< of the orders
    double max_gradient_norm = 1.0;         ///< global gradient clip; 0 switches it off
    std::int64_t evaluate_every = 0;        ///< steps between evaluations; 0: only when asked
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward and backward pass; a memory limit, results
                                            ///< do not depend on it

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(batch_size > 0, "batch_size must be positive, not ", batch_size);
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(warmup_steps >= 0, "warmup_steps must be 0 or more, not ", warmup_steps);
        require(epochs > 0, "epochs must be positive, not ", epochs);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(evaluate_every >= 0, "evaluate_every must be 0 (only when asked) or more, not ", evaluate_every);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

namespace detail {

/// Pairs with what the reference policy says of them, once that is known.
class judged_pairs {
public:
    /// Throws `aha::error` naming the first pair that the model cannot learn from.
    template <class Model>
    judged_pairs(const Model& model, std::vector<preference_pair> pairs) : pairs_{std::move(pairs)} {
        require(!pairs_.empty(), "there are no pairs to learn from or to evaluate on");
        for (const preference_pair& pair : pairs_) {
            check_completions(pair);
            for (const auto* const side : {&pair.chosen, &pair.rejected}) {
                check_record_tokens(*side, limits_of(model), pair.index, "the pairs");
                if constexpr (requires { model.context(); })
                    require(std::ssize(*side) <= model.context(), "a side of pair ", pair.index, " has ", side->size(),
                            " tokens, more than the model's context of ", model.context());
            }
        }
    }

    std::size_t size() const { return pairs_.size(); }
    const preference_pair& pair(std::size_t n) const { return pairs_[n]; }
    bool measured() const { return !reference_.empty(); }

    preference_item item(std::size_t n) const {
        return {&pairs_[n], measured() ? reference_[n] : std::array<double, 2>{}};
    }

    std::vector<preference_item> items() const {
        std::vector<preference_item> all;
        for (std::size_t n = 0; n < size(); ++n) all.push_back(item(n));
        return all;
    }

    /// Asks the reference policy, each rank for its share of the pairs.
    template <class Model, class Communicator>
    void measure(const Model& reference, const Communicator& ranks, std::int64_t budget) {
        std::vector<std::size_t> all(size());
        for (std::size_t n = 0; n < size(); ++n) all[n] = n;
        const std::vector<std::size_t> mine =
            local_shard(ranks, std::move(all), [&](std::size_t n) { return pair_tokens(pairs_[n]); });
        std::vector<const preference_pair*> own;
        for (const std::size_t n : mine) own.push_back(&pairs_[n]);
        const auto found = measure_pair_log_probs(reference, std::span<const preference_pair* const>{own}, budget);
        std::vector<double> flat(2 * size());
        for (std::size_t i = 0; i < mine.size(); ++i)
            flat[2 * mine[i]] = found[i][0], flat[2 * mine[i] + 1] = found[i][1];
        keep(sum_numbers(ranks, std::move(flat)));
    }

    state save() const {
        state s;
        if (!measured()) return s;
        const at::Tensor all = at::empty({static_cast<std::int64_t>(size()), 2}, at::kDouble);
        std::memcpy(all.mutable_data_ptr(), reference_.data(), size() * sizeof reference_.front());
        s.tensors["reference_log_probs"] = all;
        return s;
    }

    void load(const state& s) {
        const auto found = s.tensors.find("reference_log_probs");
        if (found == s.tensors.end()) {
            reference_.clear();
            return;
        }
        const at::Tensor all = found->second.to(at::kCPU, at::kDouble).contiguous();
        require(all.numel() == static_cast<std::int64_t>(2 * size()), "the checkpoint has reference log-probs of ",
                all.numel() / 2, " pairs, and there are ", size());
        const double* const values = all.const_data_ptr<double>();
        keep({values, values + all.numel()});
    }

    /// A checksum of the pairs.
    std::uint64_t fingerprint() const {
        detail::fingerprint sum;
        for (const preference_pair& pair : pairs_)
            for (const auto* const side : {&pair.chosen, &pair.rejected}) {
                const std::int64_t sizes[] = {prompt_size(pair), std::ssize(*side)};
                sum.add({reinterpret_cast<const char*>(sizes), sizeof sizes});
                sum.add({reinterpret_cast<const char*>(side->data()), side->size() * sizeof(token_id)});
            }
        return sum.value();
    }

private:
    void keep(const std::vector<double>& flat) {
        reference_.resize(size());
        for (std::size_t n = 0; n < size(); ++n) reference_[n] = {flat[2 * n], flat[2 * n + 1]};
    }

    std::vector<preference_pair> pairs_;
    std::vector<std::array<double, 2>> reference_;  // [pairs], or empty: not known yet
};

}  // namespace detail

/// What `dpo` trains for: the mean of a preference loss over the pairs of a batch.
template <class Loss>
class preference_objective {
public:
    /// What a step learns from.
    struct batch {
        std::vector<preference_item> mine;  ///< this rank's
        std::size_t pairs = 0;              ///< of all ranks
        std::int64_t tokens = 0;            ///< of all ranks
    };

    /// Throws `aha::error` for options that make no sense, and naming the first pair that cannot be learned from.
    template <class Model>
    preference_objective(const Model& model, std::vector<preference_pair> pairs, const dpo_options& options, Loss loss)
        : options_{(options.validate(), options)},
          loss_{std::move(loss)},
          pairs_{model, std::move(pairs)},
          order_{"the pairs",
                 pairs_.size(),
                 pairs_.fingerprint(),
                 {.shuffle = options.shuffle, .seed = options.seed, .epochs = options.epochs}} {}

    template <class Model, class Communicator>
    batch next(const step_context<Model, Communicator>& at) {
        require(steps_left() > 0, "the pairs ran out after ", at.step, " steps, the last of ", options_.epochs,
                " epochs");
        ask_reference(at.model, at.ranks, at.step);
        std::vector<preference_item> all;
        for (const std::size_t row : order_.next_batch(options_.batch_size)) all.push_back(pairs_.item(row));
        batch made{.pairs = all.size()};
        for (const preference_item& item : all) made.tokens += pair_tokens(*item.pair);
        made.mine = local_shard(at.ranks, std::move(all), length);
        return made;
    }

    template <class Model>
    preference_metrics accumulate(const Model& model, const batch& made, std::size_t,
                                  const microbatch_hook& before) const {
        return accumulate_preferences(model, loss_, std::span{made.mine}, options_.microbatch_tokens, made.pairs,
                                      before);
    }

    metric_list report(const batch&, std::span<const preference_metrics> updates, const update_record& record) const {
        metric_list metrics = named(updates.front());
        metrics.emplace_back("epoch", order_.epochs_done());
        metrics.emplace_back("time/train", record.seconds);
        return metrics;
    }

    /// Computes the log-probs of the reference policy, unless they are known or no loss reads them. Each rank calls it.
    /// Throws `aha::error` after the first step, when the model is no longer the one to ask.
    template <class Model, class Communicator>
    void ask_reference(const Model& reference, const Communicator& ranks, std::int64_t step = 0) {
        if (!loss_.needs_reference()) return;
        for (detail::judged_pairs* const pairs : {&pairs_, eval_pairs_.get()}) {
            if (pairs == nullptr || pairs->measured()) continue;
            require(step == 0, "the reference policy is the model before its first step, and after step ", step,
                    " nothing tells what that says of ", pairs == &pairs_ ? "the pairs" : "the eval pairs",
                    "; give them before the first step, or set_reference");
            pairs->measure(reference, ranks, options_.microbatch_tokens);
        }
    }

    /// Another reference than the model before its first step.
    template <class Model, class Communicator>
    void set_reference(const Model& reference, const Communicator& ranks) {
        if (!loss_.needs_reference()) return;
        for (detail::judged_pairs* const pairs : {&pairs_, eval_pairs_.get()})
            if (pairs != nullptr) pairs->measure(reference, ranks, options_.microbatch_tokens);
    }

    /// Other pairs, to evaluate on.
    template <class Model>
    void set_eval_pairs(const Model& model, std::vector<preference_pair> pairs) {
        eval_pairs_ = std::make_shared<detail::judged_pairs>(model, std::move(pairs));
    }

    /// How a model does on the eval pairs: of (model, ranks), called by each rank.
    auto evaluation() const {
        return [loss = loss_, budget = options_.microbatch_tokens, pairs = eval_pairs_](const auto& model,
                                                                                        const auto& ranks) {
            require(pairs != nullptr, "there are no pairs to evaluate on; give them to set_eval_pairs");
            const std::vector<preference_item> mine = local_shard(ranks, pairs->items(), length);
            return measure_preferences(model, loss, std::span{mine}, budget, pairs->size()).joined(ranks);
        };
    }

    /// Metrics by TRL's names.
    static metric_list named(const preference_metrics& of, const std::string& prefix = "") {
        return {{prefix + "rewards/chosen", of.chosen_reward}, {prefix + "rewards/rejected", of.rejected_reward},
                {prefix + "rewards/accuracies", of.accuracy},  {prefix + "rewards/margins", of.margin()},
                {prefix + "logps/chosen", of.chosen_log_prob}, {prefix + "logps/rejected", of.rejected_log_prob}};
    }

    std::int64_t num_tokens(const batch& made) const { return made.tokens; }

    /// Steps that the pairs left make; a batch ends with its epoch.
    std::int64_t steps_left() const { return order_.batches_left(options_.batch_size); }

    schedule_options default_schedule(std::int64_t steps) const {
        return {.warmup_steps = options_.warmup_steps, .total_steps = steps, .shape = decay_shape::linear};
    }
    const dpo_options& options() const { return options_; }

    state save() const {
        state s;
        s.put("order", order_.save());
        s.put("pairs", pairs_.save());
        if (eval_pairs_) s.put("eval_pairs", eval_pairs_->save());
        return s;
    }
    void load(const state& s) {
        order_.load(s.part("order"));
        pairs_.load(s.part("pairs"));
        if (eval_pairs_) eval_pairs_->load(s.part("eval_pairs"));
    }

    /// Where a step that fails goes back to: what the reference says stays known.
    state_values place() const { return order_.save(); }
    void go_back(const state_values& place) { order_.load(place); }

private:
    static std::int64_t length(const preference_item& item) { return pair_tokens(*item.pair); }

    dpo_options options_;
    Loss loss_;
    detail::judged_pairs pairs_;
    std::shared_ptr<detail::judged_pairs> eval_pairs_;  // shared with what evaluates; null: none
    detail::shuffled_order order_;
};

/// Direct preference optimization of a policy on pairs of completions (Rafailov et al. 2023), or of a relative, by the
/// loss: `dpo_loss`, `robust_dpo_loss`, `length_normalized_dpo_loss`, `ipo_loss`, `simpo_loss`. The reference policy is
/// the model before its first step; its log-probs of all pairs are computed once, then, and checkpoints keep them: no
/// second model stays in memory. Both sides of a pair share their prompt in one tree. The loss is the mean over the
/// pairs of the whole batch, whatever the microbatches. Metrics have TRL's names.
///
/// Slots, given after the options in any order: preference_loss, optimizer, schedule, communicator. Without a schedule
/// the rate decays linearly to 0 over all epochs, after `warmup_steps`.
///
/// @tparam Source a `pretrained` model, or a bare one
template <class Source, class Loss = dpo_loss, class Optimizer = adamw, class Schedule = warmup_schedule,
          class Communicator = process_group>
class dpo : public trainer<Source, preference_objective<Loss>, Optimizer, Schedule, Communicator> {
    static_assert(require_language_model<model_of_t<Source>>());
    static_assert(require_preference_loss<Loss>());
    using base = trainer<Source, preference_objective<Loss>, Optimizer, Schedule, Communicator>;

public:
    /// @param source model to train, by reference: it outlives the trainer
    /// Throws `aha::error` for options that make no sense, and naming the first pair whose sides are not two
    /// completions of one prompt or that the model cannot read.
    template <class... Policies>
    dpo(Source& source, std::vector<preference_pair> pairs, const dpo_options& options = {}, Policies... policies)
        : dpo{std::tuple<Policies...>{std::move(policies)...}, source, std::move(pairs), options} {
        static_assert((true && ... && detail::dpo_slots::hold<Policies>),
                      "aha: an argument of dpo after the options fits none of its slots: preference_loss, optimizer, "
                      "schedule, communicator");
        require(!(false || ... || detail::fills<detail::schedule_slot, Policies>()) || options.warmup_steps == 0,
                "warmup_steps is ", options.warmup_steps,
                ", but the schedule that was given has a warm-up of its own or none");
    }

    /// The pairs on which `eval_loss`, `eval_rewards/accuracies` and the like are measured every `evaluate_every` steps
    /// and after the last. They are given before the first step, or before `load` of a run that had them: the
    /// reference is the model before its first step.
    void set_eval_pairs(std::vector<preference_pair> pairs) {
        this->objective().set_eval_pairs(this->model(), std::move(pairs));
        if (this->options().evaluate_every == 0) return;
        this->evaluate_every(
            this->options().evaluate_every,
            [measure = this->objective().evaluation()](const auto& model, const auto& ranks) -> metric_list {
                const preference_metrics found = measure(model, ranks);
                metric_list metrics = preference_objective<Loss>::named(found, "eval_");
                metrics.emplace_back("eval_loss", found.loss);
                return metrics;
            });
    }

    /// How the model does on the eval pairs, as it is now. Of several ranks each calls it.
    /// Throws `aha::error` if there are none.
    preference_metrics evaluate() {
        this->objective().ask_reference(std::as_const(*this).model(), this->communicator(), this->steps_done());
        return this->objective().evaluation()(std::as_const(*this).model(), this->communicator());
    }

    /// Takes the log-probs of `reference` in place of those of the model before its first step; after this it is no
    /// longer needed. Of several ranks each calls it.
    template <class Reference>
    void set_reference(const Reference& reference) {
        this->objective().set_reference(model_of(reference), this->communicator());
    }

private:
    template <class... Policies>
    dpo(std::tuple<Policies...> given, Source& source, std::vector<preference_pair> pairs, const dpo_options& options)
        : base{std::move(given),
               source,
               [&] {
                   return preference_objective<Loss>{
                       model_of(source), std::move(pairs), options,
                       detail::take_slot<detail::preference_loss_slot, Loss>(given, detail::make_plain{})};
               },
               {.learning_rate = options.learning_rate, .max_gradient_norm = options.max_gradient_norm}} {}
};

template <class Source, class... Policies>
    requires((true && ... && detail::dpo_slots::explain<Policies>()))
dpo(Source&, std::vector<preference_pair>, dpo_options, Policies...)
    -> dpo<Source, detail::chosen_t<detail::preference_loss_slot, dpo_loss, Policies...>,
           detail::chosen_t<detail::optimizer_slot, adamw, Policies...>,
           detail::chosen_t<detail::schedule_slot, warmup_schedule, Policies...>,
           detail::chosen_t<detail::communicator_slot, process_group, Policies...>>;

template <class Source>
dpo(Source&, std::vector<preference_pair>) -> dpo<Source>;

template <class Source, class First, class... Rest>
    requires(!std::convertible_to<First, dpo_options> && detail::options_come_first<dpo_options, First>())
dpo(Source&, std::vector<preference_pair>, First, Rest...) -> dpo<Source>;

}  // namespace aha
