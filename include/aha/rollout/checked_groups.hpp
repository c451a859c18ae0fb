#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>
#include <aha/rollout/token_limits.hpp>

namespace aha::detail {

/// Throws `aha::error` unless the numbers can be log-probs of tokens: finite and not above 0, but for rounding.
inline void require_log_probs(const std::vector<float>& log_probs, const char* name, std::size_t sample,
                              std::int64_t index) {
    constexpr float rounding = 0.05F;  // what a product in bfloat16 may leave above 0
    for (std::size_t t = 0; t < log_probs.size(); ++t)
        require(std::isfinite(log_probs[t]) && log_probs[t] <= rounding, "the sampler gave ", log_probs[t], " as ",
                name, "[", t, "] of completion ", sample, " of prompt ", index, ", which is no log-prob");
}

/// What a sampler gave, if it is what a sampler must give: one group a prompt in order, full, with the prompt's own
/// tokens, and for each token its log-prob under the model and as sampled. Tokens are of the model's vocabulary and fit
/// its context. Throws `aha::error` that names the prompt and the completion otherwise.
inline std::vector<rollout_group> checked_groups(std::vector<rollout_group> groups, std::span<const prompt> prompts,
                                                 std::int64_t group_size, const token_limits& limits = {}) {
    require(groups.size() == prompts.size(), "the sampler gave ", groups.size(), " groups for ", prompts.size(),
            " prompts");
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const std::int64_t index = prompts[g].index;
        require(groups[g].prompt.index == index, "the sampler gave prompt ", groups[g].prompt.index,
                " in the place of ", index);
        require(groups[g].prompt.ids == prompts[g].ids, "the sampler gave prompt ", index,
                " back with other tokens than it was given");
        groups[g].prompt.repeat = prompts[g].repeat;
        require(std::ssize(groups[g].completions) == group_size, "the sampler gave ", groups[g].completions.size(),
                " completions of prompt ", index, " instead of ", group_size);
        for (std::size_t i = 0; i < groups[g].completions.size(); ++i) {
            const completion& c = groups[g].completions[i];
            require(!c.ids.empty(), "the sampler gave no tokens in completion ", i, " of prompt ", index);
            require(c.log_probs.size() == c.ids.size() && c.behavior_log_probs.size() == c.ids.size(),
                    "the sampler gave ", c.ids.size(), " tokens, ", c.log_probs.size(), " log_probs and ",
                    c.behavior_log_probs.size(), " behavior_log_probs in completion ", i, " of prompt ", index,
                    "; each token needs its log-prob under the model and as sampled");
            const auto whole = std::ssize(prompts[g].ids) + std::ssize(c.ids);
            require(limits.context <= 0 || whole <= limits.context, "the sampler gave completion ", i, " of prompt ",
                    index, " ", c.ids.size(), " tokens after the prompt's ", prompts[g].ids.size(),
                    ", more than the model's context of ", limits.context);
            if (const auto wrong = outside_vocabulary(c.ids, limits.vocabulary))
                fail("the sampler gave token ", c.ids[*wrong], " at place ", *wrong, " of completion ", i,
                     " of prompt ", index, "; the model's vocabulary has ", limits.vocabulary, " tokens, from 0");
            require_turns_in_order(
                c, "the sampler gave completion " + std::to_string(i) + " of prompt " + std::to_string(index));
            require_log_probs(c.log_probs, "log_probs", i, index);
            require_log_probs(c.behavior_log_probs, "behavior_log_probs", i, index);
        }
    }
    return groups;
}

}  // namespace aha::detail
