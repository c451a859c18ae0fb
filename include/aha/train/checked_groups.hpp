#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha::detail {

/// What a sampler gave, if it is what a sampler must give: one group a prompt in order, full, and for each token its
/// log-prob under the model and as sampled. Throws `aha::error` that names the prompt and the completion otherwise.
inline std::vector<rollout_group> checked_groups(std::vector<rollout_group> groups, std::span<const prompt> prompts,
                                                 std::int64_t group_size) {
    require(groups.size() == prompts.size(), "the sampler gave ", groups.size(), " groups for ", prompts.size(),
            " prompts");
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const std::int64_t index = prompts[g].index;
        require(groups[g].prompt.index == index, "the sampler gave prompt ", groups[g].prompt.index,
                " in the place of ", index);
        require(std::ssize(groups[g].completions) == group_size, "the sampler gave ", groups[g].completions.size(),
                " completions of prompt ", index, " instead of ", group_size);
        for (std::size_t i = 0; i < groups[g].completions.size(); ++i) {
            const completion& c = groups[g].completions[i];
            require(!c.ids.empty(), "the sampler gave no tokens in completion ", i, " of prompt ", index);
            require(c.log_probs.size() == c.ids.size() && c.behavior_log_probs.size() == c.ids.size(),
                    "the sampler gave ", c.ids.size(), " tokens, ", c.log_probs.size(), " log_probs and ",
                    c.behavior_log_probs.size(), " behavior_log_probs in completion ", i, " of prompt ", index,
                    "; each token needs its log-prob under the model and as sampled");
        }
    }
    return groups;
}

}  // namespace aha::detail
