#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/communicator.hpp>
#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/prompt_source.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/reward/pass_at_k.hpp>
#include <aha/reward/reward_options.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/rollout/sampling_options.hpp>
#include <aha/train/evaluation.hpp>
#include <aha/rollout/prompt_reader.hpp>
#include <aha/train/sample_and_score.hpp>
#include <aha/rollout/source.hpp>

namespace aha {

/// How a model is evaluated. The defaults are the protocol of DeepSeek-R1's section 3: temperature 0.6, top-p 0.95, and
/// pass@1 as the mean over several samples of each prompt (there 4 to 64).
struct evaluate_options {
    std::int64_t samples = 4;         ///< completions of each prompt
    std::vector<std::int64_t> ks{1};  ///< the k of each `pass@k`; none is more than `samples`
    double pass_threshold = 1;        ///< a completion passes with this reward or more
    std::string pass_part{};          ///< the part of the reward that it passes by; empty: the whole reward
    sampling_options sampling{.temperature = 0.6, .top_p = 0.95};    ///< how completions are drawn; what is given here
                                                                     ///< replaces all of it, temperature and top-p too
    std::int64_t batch = 256;                                        ///< completions decoded side by side
    std::int64_t prompts = 0;                                        ///< the first so many; 0: all
    prompt_limits prompt_limit{};                                    ///< how long a prompt may be
    std::uint64_t seed = 0;                                          ///< of the draws
    std::uint64_t step = std::numeric_limits<std::uint64_t>::max();  ///< whose draws they are: of a step that no run
                                                                     ///< reaches, so not those of training
    reward_options rewards{};                                        ///< threads, deadline, what a failure gets
    /// The answer that a completion gives, for `majority@k`; empty: the reward's own `answer`, where it has one.
    std::function<std::optional<std::string>(const completion&)> answer{};
    /// Called with each scored group, in the order of the prompts, on every rank.
    std::function<void(const rollout_group&)> each{};

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(samples > 0, "samples must be positive, not ", samples);
        for (const std::int64_t k : ks) pass_at_k(samples, 0, k);
        require(std::isfinite(pass_threshold), "pass_threshold must be finite, not ", pass_threshold);
        sampling.validate();
        require(batch > 0, "batch must be positive, not ", batch);
        require(prompts >= 0, "prompts must be 0 (all) or more, not ", prompts);
        prompt_limit.validate();
        rewards.validate();
    }
};

namespace detail {

/// The prompts of a source from where it is, at most `most` if that is not 0; the source goes back there.
template <class Prompts>
std::vector<prompt> all_of(Prompts& source, std::int64_t most) {
    constexpr std::int64_t endless = 1'000'000;
    const state place = source.save();
    std::vector<prompt> all;
    while (most == 0 || std::ssize(all) < most) {
        std::optional<prompt> next = source.next();
        if (!next) break;
        require(most > 0 || std::ssize(all) < endless, "the prompt source gave ", endless,
                " prompts and did not end; let it end (epochs = 1) or say how many to take (prompts)");
        all.push_back(std::move(*next));
    }
    source.load(place);
    return all;
}

/// What a model is evaluated on, with tokens: the prompts of a source, or of a range of prompts or texts. Those that
/// have the same index are told apart by `repeat`.
template <class Source, class Prompts>
std::vector<prompt> held_out_prompts(const Source& source, Prompts& prompts, const prompt_limits& limits,
                                     std::int64_t completion_tokens, std::int64_t most) {
    std::vector<prompt> all;
    if constexpr (prompt_source<Prompts>) {
        all = all_of(prompts, most);
    } else {
        static_assert(std::ranges::input_range<Prompts>,
                      "aha: a model is evaluated on a prompt source or on a range of prompts or texts; write: "
                      "std::vector<aha::prompt>");
        for (auto&& one : prompts) {
            if (most > 0 && std::ssize(all) == most) break;
            if constexpr (std::convertible_to<decltype(one), const prompt&>) {
                all.push_back(one);
            } else {
                prompt& text = all.emplace_back();
                text.index = std::ssize(all) - 1;
                text.text = std::string{one};
            }
        }
    }
    prompt_fitter fit{source, limits, completion_tokens};
    std::vector<prompt> fitted;
    repeat_counter repeats;
    for (prompt& one : all)
        if (std::optional<prompt> p = fit(std::move(one))) fitted.push_back(repeats.number(std::move(*p)));
    require(!fitted.empty(), "there are no prompts to evaluate on", fit.dropped() > 0 ? ": all are too long" : "");
    return fitted;
}

}  // namespace detail

/// As `evaluate`, with completions of a sampler of one's own, such as a `turn_sampler`; `options.sampling` is not read.
template <class Source, class Prompts, class Reward, class Sampler, communicator Communicator = one_process>
evaluation evaluate_sampler(const Source& source, Prompts&& prompts, const Reward& reward, Sampler&& sampler,
                            const evaluate_options& options = {}, const Communicator& ranks = {}) {
    static_assert(require_any_reward<Reward>());
    static_assert(require_sampler_for<std::remove_cvref_t<Sampler>, model_of_t<const Source>>());
    options.validate();
    const std::vector<prompt> questions = detail::held_out_prompts(source, prompts, options.prompt_limit,
                                                                   detail::completion_tokens(sampler), options.prompts);

    std::function<std::optional<std::string>(const completion&)> answer = options.answer;
    if constexpr (requires(const completion& c) {
                      { reward.answer(c) } -> std::convertible_to<std::optional<std::string>>;
                  })
        if (!answer) answer = [&reward](const completion& c) { return reward.answer(c); };
    evaluation_sums sums{options.samples, options.ks, options.pass_threshold, options.pass_part, std::move(answer)};

    // Some batches at a time: the sampler fills its places as completions end, and not all need be held at once.
    const auto at_once = static_cast<std::size_t>(std::max<std::int64_t>(1, 4 * options.batch / options.samples) *
                                                  std::int64_t{ranks.size()});
    for (std::size_t from = 0; from < questions.size(); from += at_once) {
        const auto some = std::span{questions}.subspan(from, std::min(at_once, questions.size() - from));
        const std::vector<rollout_group> groups =
            distribute_and_score(ranks, model_of(source), sampler, reward, options.rewards, {some.begin(), some.end()},
                                 options.samples, {.seed = options.seed, .step = options.step})
                .groups;
        for (const rollout_group& group : groups) {
            sums.add(group);
            if (options.each) options.each(group);
        }
    }
    return sums.result();
}

/// Samples completions of held-out prompts and says how good they are.
///
///     const aha::evaluation held_out = aha::evaluate(model, prompts, reward, {.samples = 8, .ks = {1, 8}});
///
/// The draws depend on the seed, the prompt's index and the sample alone, so that two evaluations of the same weights
/// are equal, whatever the batch and the number of ranks.
///
/// @param source model with its tokenizer, as `load_decoder` gives
/// @param prompts a prompt source, which ends (vector_prompts_options::epochs = 1) or of which `options.prompts` are
/// taken, and which afterwards is where it was; or a range of prompts or texts
/// @param reward a `reward` or `group_reward`. A completion that it has nothing to say about has not passed, and is
/// left out of the mean reward
/// @param ranks each samples and scores its share, and all have the same result; by default there is one process
/// Throws `aha::error` where there are no prompts, for one that does not fit the model, and what the reward throws
/// unless `options.rewards.on_failure` says otherwise.
template <class Source, class Prompts, class Reward, communicator Communicator = one_process>
evaluation evaluate(const Source& source, Prompts&& prompts, const Reward& reward, const evaluate_options& options = {},
                    const Communicator& ranks = {}) {
    options.validate();
    return evaluate_sampler(source, prompts, reward,
                            autoregressive_sampler{source.tokenizer, options.sampling, options.batch}, options, ranks);
}

}  // namespace aha
