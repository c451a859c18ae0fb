#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/completion_filter.hpp>
#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/objective.hpp>
#include <aha/concepts/prompt_source.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/core/error.hpp>
#include <aha/core/overlong.hpp>
#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/data/shuffled_order.hpp>
#include <aha/reward/reward_options.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/reward/trimmed.hpp>
#include <aha/text/text_tokens.hpp>
#include <aha/rollout/prompt_reader.hpp>
#include <aha/rollout/rollout_metrics.hpp>
#include <aha/train/sample_and_score.hpp>
#include <aha/rollout/sampler_traits.hpp>
#include <aha/train/trainer.hpp>

namespace aha {

/// Numbers of a rejection sampling run.
struct rejection_options {
    std::int64_t samples = 8;            ///< completions per prompt
    std::int64_t prompts_per_step = 16;  ///< prompts sampled at once
    double min_reward = 1;               ///< a completion with less, or without an applicable score, is wrong
    bool keep_empty = false;             ///< true: a right completion of nothing but white space is kept, not dropped
    bool keep_truncated = false;   ///< true: a right completion that used its tokens up is kept, not dropped; what
                                   ///< `examples_file` then writes of it is learned without an end token
    std::int64_t keep = 0;         ///< most completions kept of a prompt, the first ones; 0: all
    bool deduplicate = true;       ///< a prompt and completion that were kept before are not kept again
    prompt_limits prompt_limit{};  ///< how long a prompt may be, and what becomes of a longer one
    std::uint64_t seed = 0;        ///< of all sampling

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(samples > 0, "samples must be positive, not ", samples);
        require(prompts_per_step > 0, "prompts_per_step must be positive, not ", prompts_per_step);
        require(!std::isnan(min_reward), "min_reward must be a number, not ", min_reward);
        prompt_limit.validate();
        require(keep >= 0, "keep must be 0 (all) or more, not ", keep);
    }
};

namespace detail {

struct filter_slot {
    template <class T>
    static constexpr bool holds = completion_filter<T>;
    template <class T>
    static constexpr bool almost = std::invocable<const T&, const prompt&, const completion&>;
    template <class T>
    static consteval bool explain() {
        return require_completion_filter<T>();
    }
};

template <class Model>
using rejection_slots = slot_list<sampler_slot<Model>, filter_slot, reward_options_slot, communicator_slot>;

/// Those of `Policies` that are filters, in their order, as a `std::tuple`.
template <class... Policies>
using filters_among = decltype(std::tuple_cat(
    std::declval<std::conditional_t<filter_slot::holds<Policies>, std::tuple<Policies>, std::tuple<>>>()...));

}  // namespace detail

/// What `rejection_sampling` makes: the completions of a step's prompts that are kept.
template <class Source, class Prompts, class Reward, class Sampler, class Filters>
class rejection_objective {
    using model_type = model_of_t<Source>;
    static constexpr std::size_t filter_count = std::tuple_size_v<Filters>;

    struct counts {
        std::int64_t sampled = 0, wrong = 0, empty = 0, truncated = 0, duplicates = 0, surplus = 0, kept = 0;
        std::array<std::int64_t, filter_count + 1> refused{};  // one more: never of size 0
    };

public:
    /// What a step made.
    struct batch {
        std::shared_ptr<std::vector<rollout_group>> groups{};  ///< what is kept
        metric_list metrics{};                                 ///< of all that was sampled
        counts found{};                                        ///< what became of it
        std::int64_t tokens = 0, sampled_tokens = 0;           ///< of prompts and completions; of completions
        double rollout_seconds = 0, reward_seconds = 0;        ///< of sampling, of scoring
    };

    /// @param source by reference: it outlives the objective
    rejection_objective(const Source& source, Prompts prompts, Reward reward, const rejection_options& options,
                        Sampler sampler, Filters filters, reward_options rewarding)
        : source_{&source},
          options_{(options.validate(), rewarding.validate(), options)},
          reward_{std::move(reward)},
          reward_options_{std::move(rewarding)},
          sampler_{std::move(sampler)},
          prompts_{source, std::move(prompts), options.prompt_limit, detail::completion_tokens(sampler_)},
          filters_{std::move(filters)} {}

    /// Samples the next prompts and keeps what is right.
    template <class Communicator>
    batch next(const step_context<model_type, Communicator>& at) {
        added_.clear();
        std::vector<prompt> questions = prompts_.draw(options_.prompts_per_step);
        if (questions.empty()) throw joint_error{"the prompts ran out at step " + std::to_string(at.step + 1)};
        batch made;
        scored_groups scored =
            distribute_and_score(at.ranks, at.model, sampler_, reward_, reward_options_, std::move(questions),
                                 options_.samples, {options_.seed, static_cast<std::uint64_t>(at.step)});
        made.rollout_seconds = scored.sampling, made.reward_seconds = scored.scoring;
        made.groups = std::make_shared<std::vector<rollout_group>>(std::move(scored.groups));
        made.metrics = rollout_metrics(*made.groups);
        for (const rollout_group& group : *made.groups)
            for (const completion& c : group.completions) {
                made.tokens += static_cast<std::int64_t>(group.prompt.ids.size() + c.ids.size());
                made.sampled_tokens += num_policy_tokens(c);
            }
        for (rollout_group& group : *made.groups) {
            say_what_was_read(group.prompt);
            sift(group, made.found);
        }
        kept_ += made.found.kept;
        return made;
    }

    metric_list report(const batch& made, std::span<const double>, const update_record&) const {
        metric_list metrics = made.metrics;
        const counts& found = made.found;
        const auto add = [&](const std::string& name, std::int64_t count) {
            metrics.emplace_back(name, static_cast<double>(count));
        };
        add("sampled", found.sampled);
        add("wrong", found.wrong);
        add("empty", found.empty);
        add("truncated", found.truncated);
        std::size_t n = 0;
        std::apply(
            [&](const auto&... filter) {
                (add("refused/" + std::string{std::string_view{filter.name()}}, found.refused[n++]), ...);
            },
            filters_);
        add("duplicates", found.duplicates);
        add("surplus", found.surplus);
        add("kept", found.kept);
        add("dropped", found.sampled - found.kept);
        add("kept/total", kept_);
        add("tokens/sampled", made.sampled_tokens);
        if (options_.prompt_limit.long_prompts != overlong::refuse) {
            add("prompts/dropped", prompts_.dropped());
            add("prompts/cut", prompts_.cut());
        }
        metrics.emplace_back("time/rollout", made.rollout_seconds);
        metrics.emplace_back("time/reward", made.reward_seconds);
        return metrics;
    }

    std::int64_t num_tokens(const batch& made) const { return made.tokens; }
    std::shared_ptr<const std::vector<rollout_group>> groups(batch made) const { return std::move(made.groups); }
    const rejection_options& options() const { return options_; }
    std::int64_t kept() const { return kept_; }  ///< completions, of the whole run

    /// What a step that fails goes back to.
    auto place() const {
        return [prompts = prompts_.where(), memory = detail::sampler_memory(sampler_),
                kept = kept_](rejection_objective& self) {
            self.prompts_.go_back(prompts);
            detail::load_sampler(memory, self.sampler_);
            self.kept_ = kept;
            for (const std::uint64_t one : self.added_) self.seen_.erase(one);
        };
    }
    template <class Place>
    void go_back(const Place& place) {
        place(*this);
    }

    /// What was kept is in the observers' files.
    state save() const {
        state s;
        s.put("prompts", prompts_.save());
        detail::save_sampler(s, sampler_);
        s.values["kept"] = kept_;
        s.values["seed"] = options_.seed;
        s.values["deduplicate"] = options_.deduplicate;
        s.values["seen"] = seen_;
        return s;
    }

    void load(const state& s) {
        require(s.values.at("seed") == options_.seed, "the checkpoint was made with seed ", s.values.at("seed").dump(),
                ", this run has ", options_.seed);
        require(!options_.deduplicate || s.values.value("deduplicate", true),
                "the checkpoint was made without deduplicate, so what was kept before cannot be told from it");
        prompts_.load(s.part("prompts"));
        detail::load_sampler(s, sampler_);
        kept_ = s.values.at("kept").template get<std::int64_t>();
        seen_ = s.values.at("seen").template get<std::set<std::uint64_t>>();
    }

private:
    /// A prompt that was cut, or given both as a text and as other tokens, gets the text of the tokens that the model
    /// read, and where that text would be read as others, none: what is written is what was answered.
    void say_what_was_read(prompt& asked) const {
        if constexpr (requires { source_->tokenizer.encode(asked.text); }) {
            const auto reads_back = [&] {
                return text_tokens(source_->tokenizer, asked.text, asked.templated) == asked.ids;
            };
            if (asked.text.empty() || reads_back()) return;
            if constexpr (requires { source_->tokenizer.decode(asked.ids, false); }) {
                asked.text = source_->tokenizer.decode(asked.ids, false);
                asked.templated = true;  // it begins as it was read
                if (!asked.text.empty() && reads_back()) return;
            }
            asked.text.clear();
        }
    }

    /// Leaves in `group` what is kept of it, and counts why the rest is not.
    void sift(rollout_group& group, counts& found) {
        rollout_group kept;
        for (std::size_t i = 0; i < group.completions.size(); ++i) {
            const score& s = group.scores[i];
            completion& c = group.completions[i];
            ++found.sampled;
            if (!s.applicable || s.value < options_.min_reward) {
                ++found.wrong;
            } else if (!options_.keep_empty && detail::trimmed(c.text).empty()) {
                ++found.empty;
            } else if (!options_.keep_truncated && c.finish == finish_reason::length) {
                ++found.truncated;
            } else if (const std::size_t refusing = first_refusing(group.prompt, c); refusing < filter_count) {
                ++found.refused[refusing];
            } else if (options_.keep > 0 && std::ssize(kept.completions) == options_.keep) {
                ++found.surplus;
            } else if (options_.deduplicate && !is_new(group.prompt, c)) {
                ++found.duplicates;
            } else {
                ++found.kept;
                kept.completions.push_back(std::move(c));
                kept.scores.push_back(s);
            }
        }
        group.completions = std::move(kept.completions);
        group.scores = std::move(kept.scores);
    }

    /// The place of the first filter that refuses the completion, or the number of filters.
    std::size_t first_refusing(const prompt& asked, const completion& given) const {
        std::size_t n = 0;
        std::apply([&](const auto&... filter) { (void)((filter(asked, given) && (++n, true)) && ...); }, filters_);
        return n;
    }

    /// Whether no row like it was kept: with the same prompt (its text, or its tokens where it has none), the same
    /// completion, and both or neither ended by the model.
    bool is_new(const prompt& asked, const completion& given) {
        detail::fingerprint sum;
        sum.add(asked.text);
        if (asked.text.empty()) {
            std::string ids;
            for (const token_id id : asked.ids) ids += std::to_string(id) + ' ';
            sum.add(ids);
        }
        sum.add(given.text);
        if (given.finish == finish_reason::length) sum.add("cut");
        const bool added = seen_.insert(sum.value()).second;
        if (added) added_.push_back(sum.value());
        return added;
    }

    const Source* source_;
    rejection_options options_;
    Reward reward_;
    aha::reward_options reward_options_;
    Sampler sampler_;
    prompt_reader<Source, Prompts> prompts_;
    Filters filters_;
    std::set<std::uint64_t> seen_;      // of what was kept
    std::vector<std::uint64_t> added_;  // to `seen_`, by the step before
    std::int64_t kept_ = 0;
};

/// Samples completions, keeps the right ones that pass every filter, and drops duplicates: how R1's 600k reasoning
/// samples were made (DeepSeek-R1, section 2.3.3). It has a trainer's shape, so `run_training` runs it with
/// checkpoints, progress and observers; the observer `examples_file` writes what is kept.
///
/// The groups of a step's report hold what was kept, and its metrics, counts of the step: `sampled`, and what became of
/// them, each counted once, under the first reason that holds: `wrong`, `empty`, `truncated`, `refused/<filter>`,
/// `surplus` (over `keep`), `duplicates`, `kept`; `dropped` are all that are not kept; and `kept/total` of the whole
/// run. `tokens/sampled`, `time/rollout` and `time/reward` say what the step's sampling and scoring took.
///
/// Slots, given after the options in any order: sampler, reward_options, communicator, and any number of completion
/// filters, which are asked in the order given. Started as one of several ranks it samples and scores its share of each
/// step's prompts, and every rank keeps the same, which one rank alone would keep.
///
/// @tparam Source a `pretrained` model with its tokenizer, or a bare model (then a sampler and tokenized prompts are
/// needed)
template <class Source, class Prompts, class Reward, class Sampler = default_sampler_t<Source>,
          class Communicator = process_group, class Filters = std::tuple<>>
class rejection_sampling : detail::needs_sampler<Sampler>,
                           public trainer<const Source, rejection_objective<Source, Prompts, Reward, Sampler, Filters>,
                                          no_optimizer, warmup_schedule, Communicator> {
    static_assert(detail::require_prompts_then_reward<Prompts, Reward>());
    using objective_type = rejection_objective<Source, Prompts, Reward, Sampler, Filters>;
    using base = trainer<const Source, objective_type, no_optimizer, warmup_schedule, Communicator>;
    using slots = detail::rejection_slots<model_of_t<Source>>;

public:
    /// @param source model to sample from, by reference: it outlives this
    template <class... Policies>
    rejection_sampling(const Source& source, Prompts prompts, Reward reward, rejection_options options = {},
                       Policies... policies)
        : rejection_sampling{std::tuple<Policies...>{std::move(policies)...}, source, std::move(prompts),
                             std::move(reward), options} {
        static_assert((true && ... && slots::template hold<Policies>),
                      "aha: an argument of rejection_sampling after the options fits none of its slots: sampler, "
                      "completion_filter, reward_options, communicator");
    }

    std::int64_t kept() const { return this->objective().kept(); }  ///< completions, of the whole run

private:
    template <class... Policies>
    rejection_sampling(std::tuple<Policies...> given, const Source& source, Prompts prompts, Reward reward,
                       const rejection_options& options)
        : base{std::move(given),
               source,
               [&] {
                   return objective_type{source,
                                         std::move(prompts),
                                         std::move(reward),
                                         options,
                                         detail::take_slot<detail::sampler_slot<model_of_t<Source>>, Sampler>(
                                             given, detail::make_default_sampler{&source}),
                                         filters_of(given),
                                         detail::take_slot<detail::reward_options_slot, aha::reward_options>(
                                             given, detail::make_plain{})};
               },
               {.learning_rate = 0}} {}

    /// The filters among the arguments, moved out of them.
    template <class... Policies>
    static Filters filters_of(std::tuple<Policies...>& given) {
        const auto one = []<class Policy>(Policy& policy) {
            if constexpr (detail::filter_slot::holds<Policy>) return std::tuple<Policy>{std::move(policy)};
            else return std::tuple<>{};
        };
        return std::apply([&](Policies&... policy) { return std::tuple_cat(one(policy)...); }, given);
    }
};

template <class Source, class Prompts, class Reward, class... Policies>
    requires((true && ... && detail::rejection_slots<model_of_t<const Source>>::template explain<Policies>()))
rejection_sampling(const Source&, Prompts, Reward, rejection_options, Policies...) -> rejection_sampling<
    Source, Prompts, Reward,
    detail::chosen_t<detail::sampler_slot<model_of_t<const Source>>, default_sampler_t<Source>, Policies...>,
    detail::chosen_t<detail::communicator_slot, process_group, Policies...>, detail::filters_among<Policies...>>;

template <class Source, class Prompts, class Reward>
rejection_sampling(const Source&, Prompts, Reward) -> rejection_sampling<Source, Prompts, Reward>;

template <class Source, class Prompts, class Reward, class First, class... Rest>
    requires(!std::convertible_to<First, rejection_options> && detail::options_come_first<rejection_options, First>())
rejection_sampling(const Source&, Prompts, Reward, First, Rest...) -> rejection_sampling<Source, Prompts, Reward>;

}  // namespace aha
