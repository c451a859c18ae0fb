#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <aha/concepts/result.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>

/// A sampler answers prompts with a model. The concept names the model too, since a sampler may serve some models only.
///
/// 1. `sample(model, prompts, group_size, key)` gives one `rollout_group` a prompt, in the same order, each with its
///    prompt and `group_size` completions.
/// 2. Every completion carries `ids`, `text`, why it ended, and for each id its log-prob under the model itself
///    (`log_probs`, at temperature 1) and at the sampling temperature (`behavior_log_probs`); both as long as `ids`.
/// 3. The key's `seed` and `step` are set by the caller. The sampler derives the rest: all randomness of a completion
///    comes from (seed, step, `prompt::random_place()`, place in the group), so equal keys and weights give equal
///    groups whatever the batch.
/// 4. Optional: `temperature() const`, or `options()` with a member `temperature`, says at which temperature it samples
///    (0: greedy). A trainer computes log-probs at the same one. A sampler that says nothing samples at 1: a trainer
///    refuses its completions if their `behavior_log_probs` are not their `log_probs`.
/// 5. Optional: `save() const` and `load(state)`, as of what is `stateful`, for a sampler that remembers something from
///    call to call. A trainer keeps it with its checkpoints; without them a resumed run begins with a fresh sampler.
///
/// Every id is one of the model's vocabulary, prompt and completion together fit its context, and log-probs are finite;
/// trainers check it.
///
/// Not required: `const`; that it decodes token by token (a scripted or a searching sampler is one too); that it scores
/// completions or fills `entropies`; copies (a trainer keeps it, so it can be moved).
namespace aha {

/// `sample(...)` can be called with these arguments.
template <class S, class Model>
concept sampler_is_callable =
    requires(S& s, const Model& model, std::span<const prompt> prompts, std::int64_t group_size,
             const random_key& key) { s.sample(model, prompts, group_size, key); };

/// `sample(...)` gives groups.
template <class S, class Model>
concept sampler_gives_groups = requires(S& s, const Model& model, std::span<const prompt> prompts,
                                        std::int64_t group_size, const random_key& key) {
    { s.sample(model, prompts, group_size, key) } -> detail::yields<std::vector<rollout_group>>;
};

/// Answers prompts with a `Model`.
template <class S, class Model>
concept sampler_for = sampler_is_callable<S, Model> && sampler_gives_groups<S, Model>;

/// True, or a compile-time error that says what to write.
template <class S, class Model>
consteval bool require_sampler_for() {
    static_assert(sampler_is_callable<S, Model>,
                  "aha: a sampler answers prompts with the model; write: template <class Model> "
                  "std::vector<aha::rollout_group> sample(const Model& model, std::span<const aha::prompt> prompts, "
                  "std::int64_t group_size, const aha::random_key& key);");
    static_assert(
        !sampler_is_callable<S, Model> || sampler_gives_groups<S, Model>,
        "aha: a sampler's sample(model, prompts, group_size, key) gives one group a prompt, whose completions carry "
        "ids, text, log_probs and behavior_log_probs; make it return: std::vector<aha::rollout_group>");
    return true;
}

}  // namespace aha
