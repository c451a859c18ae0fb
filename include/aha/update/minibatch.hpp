#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/model/pack.hpp>
#include <aha/update/plan_microbatches.hpp>

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
        return std::ranges::all_of(policy_segments(completion()), [&](const segment& turn) {
            return std::all_of(own.begin() + turn.begin, own.begin() + turn.end(), [](float a) { return a == 0; });
        });
    }
};

/// Microbatches of at most `budget` packed tokens, groups whole where they fit.
inline std::vector<std::vector<training_item>> plan_microbatches(std::span<const training_item> items,
                                                                 std::int64_t budget) {
    return plan_microbatches(items, budget, [](const training_item& item) {
        const std::vector<token_id>& prompt = item.group->prompt.ids;
        return packed_size{std::ssize(item.completion().ids), std::ssize(prompt), item.group, prompt};
    });
}

/// One flat row for the items of a microbatch: each group's prompt once, then its completions.
inline packed_groups pack_items(std::span<const training_item> items, const packing& how) {
    std::vector<token_group> groups;
    const rollout_group* last = nullptr;
    for (const training_item& item : items) {
        if (item.group != last) groups.push_back({item.group->prompt.ids, {}});
        last = item.group;
        groups.back().branches.push_back(item.completion().ids);
        groups.back().predicted.push_back(policy_segments(item.completion()));
    }
    return pack_groups(groups, how);
}

/// The items that this rank trains on: whole groups, so that a prompt is computed once, by their tokens.
template <class Communicator>
std::vector<training_item> own_items(const Communicator& ranks, std::vector<training_item> all) {
    if (ranks.size() == 1) return all;
    std::vector<std::vector<training_item>> groups;
    for (const training_item& item : all) {
        if (groups.empty() || groups.back().front().group != item.group) groups.emplace_back();
        groups.back().push_back(item);
    }
    std::vector<training_item> own;
    for (const auto& group : local_shard(ranks, std::move(groups), [](const std::vector<training_item>& one) {
             std::size_t tokens = one.front().group->prompt.ids.size();
             for (const training_item& item : one) tokens += item.completion().ids.size();
             return tokens;
         }))
        own.insert(own.end(), group.begin(), group.end());
    return own;
}

/// Minibatch `part` of `parts` of a rollout: whole groups, each completion with its tokens' share of the minibatch's
/// denominator.
/// @param mask_truncated leave out completions that the token budget cut
template <class Aggregation>
std::vector<training_item> minibatch_items(std::span<const rollout_group> groups, std::int64_t part, std::int64_t parts,
                                           bool mask_truncated, const Aggregation& aggregation) {
    const std::int64_t count = std::ssize(groups);
    std::vector<training_item> items;
    std::vector<std::int64_t> lengths;
    for (std::int64_t g = part * count / parts; g < (part + 1) * count / parts; ++g) {
        const rollout_group& group = groups[static_cast<std::size_t>(g)];
        for (std::size_t s = 0; s < group.completions.size(); ++s) {
            if (mask_truncated && group.completions[s].finish == finish_reason::length) continue;
            items.push_back({&group, s});
            lengths.push_back(num_policy_tokens(group.completions[s]));
        }
    }
    const std::vector<double> weights = aggregation(std::span<const std::int64_t>{lengths});
    require(weights.size() == items.size(), "the aggregation gave ", weights.size(), " weights for ", items.size(),
            " completions");
    for (std::size_t i = 0; i < items.size(); ++i) {
        require(std::isfinite(static_cast<float>(weights[i])), "the aggregation gave ", weights[i],
                " as the weight of a token of a completion of ", lengths[i], " tokens; it must be a finite number");
        items[i].weight = weights[i];
    }
    return items;
}

}  // namespace aha
