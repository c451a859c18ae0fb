#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <aha/concepts/completion_filter.hpp>
#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/prompt_source.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/report.hpp>
#include <aha/core/state.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/data/shuffled_order.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/train/all_or_nothing.hpp>
#include <aha/train/join_launched_ranks.hpp>
#include <aha/train/source.hpp>
#include <aha/train/prompt_reader.hpp>
#include <aha/train/rollout_metrics.hpp>
#include <aha/train/sample_and_score.hpp>
#include <aha/train/spread_prompts.hpp>

namespace aha {

/// Numbers of a rejection sampling run.
struct rejection_options {
    std::int64_t samples = 8;            ///< completions a prompt
    std::int64_t prompts_per_step = 16;  ///< prompts sampled at once
    double least_reward = 1;             ///< a completion with less, or without an applicable score, is wrong
    std::int64_t keep = 0;               ///< most completions kept of a prompt, the first ones; 0: all
    bool deduplicate = true;             ///< a prompt and completion that were kept before are not kept again
    prompt_limits prompt_limit{};        ///< how long a prompt may be, and what becomes of a longer one
    std::uint64_t seed = 0;              ///< of all sampling

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(samples > 0, "samples must be positive, not ", samples);
        require(prompts_per_step > 0, "prompts_per_step must be positive, not ", prompts_per_step);
        prompt_limit.validate();
        require(keep >= 0, "keep must be 0 (all) or more, not ", keep);
    }
};

/// Samples completions, keeps the right ones that pass every filter, and drops duplicates: how R1's 600k reasoning
/// samples were made (DeepSeek-R1, section 2.3.3). It has a trainer's shape, so `run_training` runs it with
/// checkpoints, progress and observers; the observer `examples_file` writes what is kept.
///
/// The groups of a step's report hold what was kept, and its metrics, counts of the step: `sampled`, `wrong`,
/// `refused/<filter>` (each completion under the first filter that refuses it), `duplicates`, `surplus` (over `keep`),
/// `kept`, `dropped` (all that are not kept); and `kept/total` of the whole run. `tokens/sampled`, `time/rollout` and
/// `time/reward` say what the step's sampling and scoring took.
///
/// Started as one of several ranks it samples and scores its share of each step's prompts, and every rank keeps the
/// same.
template <class Source, class Prompts, class Reward, class Sampler, class... Filters>
class rejection_sampling {
    static_assert(require_prompt_source<Prompts>() && require_any_reward<Reward>() &&
                  (true && ... && require_completion_filter<Filters>()));

public:
    /// @param source model to sample from, by reference: it outlives this
    rejection_sampling(const Source& source, Prompts prompts, Reward reward, rejection_options options, Sampler sampler,
                       Filters... filters)
        : source_{&source},
          reward_{std::move(reward)},
          options_{options},
          sampler_{std::move(sampler)},
          prompts_{source, std::move(prompts), options.prompt_limit, detail::completion_tokens(sampler_)},
          filters_{std::move(filters)...},
          ranks_{detail::join_launched_ranks<typename model_of_t<Source>::tensor_policy>{}(
              std::type_identity<process_group>{})} {
        options_.validate();
    }

    /// Samples the next prompts and keeps what is right. Throws `aha::error` when there are no prompts left, and what
    /// the reward or a filter throws; all is then as it was before.
    step_report step() {
        added_.clear();
        return all_or_nothing([this] { return take_step(); },
                              [this, before = step_, tokens = tokens_, place = prompts_.where()] {
                                  if (step_ != before) return;
                                  prompts_.go_back(place);
                                  tokens_ = tokens;
                                  for (const std::uint64_t one : added_) seen_.erase(one);
                              });
    }

private:
    step_report take_step() {
        const stopwatch whole;
        std::vector<prompt> questions = prompts_.draw(options_.prompts_per_step);
        require(!questions.empty(), "the prompts ran out at step ", step_ + 1);
        double sampling = 0, scoring = 0;
        auto groups = std::make_shared<std::vector<rollout_group>>(
            spread_prompts(ranks_, std::move(questions), [&](std::span<const prompt> mine) {
                scored_groups made = sample_and_score(model_of(*source_), sampler_, reward_, {}, mine, options_.samples,
                                                      {options_.seed, static_cast<std::uint64_t>(step_)},
                                                      !model_of_t<Source>::tensor_policy::device().is_cpu());
                sampling = made.sampling, scoring = made.scoring;
                return std::move(made.groups);
            }));
        step_report report;
        report.metrics = rollout_metrics(*groups);
        std::int64_t sampled_tokens = 0;
        for (rollout_group& group : *groups)
            for (const completion& c : group.completions) {
                tokens_ += static_cast<std::int64_t>(group.prompt.ids.size() + c.ids.size());
                sampled_tokens += std::ssize(c.ids);
            }
        counts found;
        for (rollout_group& group : *groups) sift(group, found);
        total_ += found.kept;
        report.step = ++step_;
        const auto add = [&](const std::string& name, std::int64_t count) {
            report.metrics.emplace_back(name, static_cast<double>(count));
        };
        add("sampled", found.sampled);
        add("wrong", found.wrong);
        std::size_t n = 0;
        std::apply(
            [&](const auto&... filter) { (add("refused/" + std::string{filter.name()}, found.refused[n++]), ...); },
            filters_);
        add("duplicates", found.duplicates);
        add("surplus", found.surplus);
        add("kept", found.kept);
        add("dropped", found.sampled - found.kept);
        add("kept/total", total_);
        add("tokens/sampled", sampled_tokens);
        add("num_tokens", tokens_);
        if (options_.prompt_limit.long_prompts != overlong::refuse) {
            add("prompts/dropped", prompts_.dropped());
            add("prompts/cut", prompts_.cut());
        }
        report.metrics.emplace_back("time/rollout", sampling);
        report.metrics.emplace_back("time/reward", scoring);
        report.metrics.emplace_back("step_time", whole.seconds());
        report.metrics.emplace_back("seconds", seconds_ + since_start_.seconds());
        report.groups = std::move(groups);
        return report;
    }

public:
    std::int64_t steps_done() const { return step_; }
    /// Which of how many ranks this is.
    const process_group& communicator() const { return ranks_; }
    std::int64_t kept() const { return total_; }  ///< completions, of the whole run

    /// Everything needed to go on where it was; what was kept is in the observers' files.
    state save() const {
        state s;
        s.put("prompts", prompts_.save());
        s.values["step"] = step_;
        s.values["kept"] = total_;
        s.values["num_tokens"] = tokens_;
        s.values["seconds"] = seconds_ + since_start_.seconds();
        s.values["seed"] = options_.seed;
        s.values["seen"] = seen_;
        return s;
    }

    void load(const state& s) {
        require(s.values.at("seed") == options_.seed, "the checkpoint was made with seed ", s.values.at("seed").dump(),
                ", this run has ", options_.seed);
        prompts_.load(s.part("prompts"));
        step_ = s.values.at("step").template get<std::int64_t>();
        total_ = s.values.at("kept").template get<std::int64_t>();
        tokens_ = s.values.at("num_tokens").template get<std::int64_t>();
        seconds_ = s.values.at("seconds").template get<double>();
        seen_ = s.values.at("seen").template get<std::set<std::uint64_t>>();
        since_start_.restart();
    }

private:
    struct counts {
        std::int64_t sampled = 0, wrong = 0, duplicates = 0, surplus = 0, kept = 0;
        std::array<std::int64_t, sizeof...(Filters) + 1> refused{};  // one more: never of size 0
    };

    /// Leaves in `group` what is kept of it, and counts why the rest is not.
    void sift(rollout_group& group, counts& found) {
        rollout_group kept;
        for (std::size_t i = 0; i < group.completions.size(); ++i) {
            const score& s = group.scores[i];
            ++found.sampled;
            if (!s.applicable || s.value < options_.least_reward) {
                ++found.wrong;
            } else if (const std::size_t refusing = first_refusing(group.prompt, group.completions[i]);
                       refusing < sizeof...(Filters)) {
                ++found.refused[refusing];
            } else if (options_.keep > 0 && std::ssize(kept.completions) == options_.keep) {
                ++found.surplus;
            } else if (options_.deduplicate && !is_new(group.prompt, group.completions[i])) {
                ++found.duplicates;
            } else {
                ++found.kept;
                kept.completions.push_back(std::move(group.completions[i]));
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

    bool is_new(const prompt& asked, const completion& given) {
        detail::fingerprint sum;
        sum.add(asked.text);
        sum.add(given.text);
        const bool added = seen_.insert(sum.value()).second;
        if (added) added_.push_back(sum.value());
        return added;
    }

    const Source* source_;
    Reward reward_;
    rejection_options options_;
    Sampler sampler_;
    prompt_reader<Source, Prompts> prompts_;
    std::tuple<Filters...> filters_;
    process_group ranks_;
    std::set<std::uint64_t> seen_;      // fingerprints of what was kept
    std::vector<std::uint64_t> added_;  // of the step under way
    std::int64_t step_ = 0, total_ = 0, tokens_ = 0;
    double seconds_ = 0;  // of earlier runs that this one continues
    stopwatch since_start_;
};

}  // namespace aha
