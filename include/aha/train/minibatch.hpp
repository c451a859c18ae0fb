#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/train/group_log_probs.hpp>
#include <aha/train/microbatch.hpp>

namespace aha {

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
            lengths.push_back(std::ssize(group.completions[s].ids));
        }
    }
    const std::vector<double> weights = aggregation(lengths);
    for (std::size_t i = 0; i < items.size(); ++i) items[i].weight = weights.at(i);
    return items;
}

/// Log-probs of completions under the policy before its first update, where several updates follow. In float32 the
/// sampler's own are the trainer's to 1e-5 and are used as they are; in other types they are computed anew.
class old_policy {
public:
    /// Fills in `old_log_probs` of the items (those of a group adjacent), which refer to what is kept here.
    template <class Model>
    void fill(const Model& model, std::vector<training_item>& items, double temperature) {
        for (training_item& item : items) {
            if constexpr (Model::tensor_policy::compute_type == at::kFloat) {
                item.old_log_probs = item.taken().behavior_log_probs;
            } else {
                if (computed_.empty() || computed_.back().first != item.group)
                    computed_.emplace_back(item.group, group_log_probs(model, *item.group, temperature));
                item.old_log_probs = computed_.back().second[item.sample];
            }
        }
    }

private:
    std::list<std::pair<const rollout_group*, std::vector<std::vector<float>>>> computed_;
};

}  // namespace aha
