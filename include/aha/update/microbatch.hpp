#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <aha/model/pack.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// A completion on its way into a gradient.
struct training_item {
    const rollout_group* group = nullptr;    ///< what is learned from
    std::size_t sample = 0;                  ///< which of the group's completions
    double weight = 0;                       ///< 1 / denominator of each of its tokens
    std::span<const float> old_log_probs{};  ///< [T] under the policy that sampled; empty: the policy is still the same
    std::span<const float> ref_log_probs{};  ///< [T] under the reference policy; empty where no loss reads them

    /// The completion that the loss is of.
    const aha::completion& completion() const { return group->completions[sample]; }

    /// Of the completion's `t`-th token.
    float advantage(std::size_t t) const {
        return group->token_advantages.empty() ? static_cast<float>(group->advantages[sample])
                                               : group->token_advantages[sample][t];
    }

    /// Whether every token's advantage is 0.
    bool has_zero_advantage() const {
        if (group->token_advantages.empty()) return group->advantages[sample] == 0;
        const std::vector<float>& own = group->token_advantages[sample];
        return std::all_of(own.begin(), own.end(), [](float a) { return a == 0; });
    }
};

/// Cuts items (those of a group adjacent) into microbatches of at most `budget` packed tokens, without splitting a
/// group where it fits. A group too long for the budget is cut between completions; its prompt is then computed again.
/// A single completion over the budget is a microbatch of its own.
inline std::vector<std::vector<training_item>> plan_microbatches(std::span<const training_item> items,
                                                                 std::int64_t budget) {
    std::vector<std::vector<training_item>> plan;
    std::int64_t used = 0;
    const auto length = [](const training_item& item) {
        return static_cast<std::int64_t>(item.completion().ids.size());
    };
    for (std::size_t i = 0; i < items.size();) {
        const auto trunk = static_cast<std::int64_t>(items[i].group->prompt.ids.size());
        std::size_t end = i;
        std::int64_t whole = trunk;
        for (; end < items.size() && items[end].group == items[i].group; ++end) whole += length(items[end]);
        if (plan.empty() || used + whole > budget) {
            plan.emplace_back();
            used = 0;
        }
        used += trunk;
        std::int64_t since_cut = 0;
        for (; i < end; ++i) {
            if (used + length(items[i]) > budget && since_cut > 0) {
                plan.emplace_back();
                used = trunk;
                since_cut = 0;
            }
            plan.back().push_back(items[i]);
            used += length(items[i]);
            ++since_cut;
        }
    }
    return plan;
}

/// One flat row for the items of a microbatch: each group's prompt once, then its completions.
inline packed_groups pack_items(std::span<const training_item> items, const at::Device& device) {
    std::vector<token_group> groups;
    const rollout_group* last = nullptr;
    for (const training_item& item : items) {
        if (item.group != last) groups.push_back({item.group->prompt.ids, {}});
        last = item.group;
        groups.back().branches.push_back(item.completion().ids);
    }
    return pack_groups(groups, device);
}

}  // namespace aha
