#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/update/group_log_probs.hpp>
#include <aha/update/microbatch.hpp>

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

/// Log-probs of completions under the policy before its first update, where several updates follow. In float32 the
/// sampler's own are the trainer's to 1e-5 and are used as they are; in other types they are computed anew.
class old_policy {
public:
    /// Fills in `old_log_probs` of the items (those of a group adjacent), which refer to what is kept here.
    /// @param budget most tokens of a pass
    template <class Model>
    void fill(const Model& model, std::vector<training_item>& items, std::int64_t budget, double temperature) {
        if constexpr (Model::tensor_policy::compute_type == at::kFloat) {
            for (training_item& item : items) item.old_log_probs = item.completion().behavior_log_probs;
        } else {
            computed_.push_back(completion_log_probs(model, items, budget, temperature));
            for (std::size_t i = 0; i < items.size(); ++i) items[i].old_log_probs = computed_.back()[i];
        }
    }

private:
    std::list<std::vector<std::vector<float>>> computed_;  // of each call
};

/// Log-probs of completions under the frozen policy of a loss's KL term: computed once, however many updates follow.
class reference_log_probs {
public:
    /// Fills in `ref_log_probs` of the items (those of a group adjacent), which refer to what is kept here, or to the
    /// completions' own where an advantage asked for them.
    /// @param budget most tokens of a pass
    template <class Model>
    void fill(const Model& reference, std::vector<training_item>& items, std::int64_t budget, double temperature) {
        const auto known = [](const training_item& item) {
            return item.completion().ref_log_probs.size() == item.completion().ids.size();
        };
        if (std::all_of(items.begin(), items.end(), known)) {
            for (training_item& item : items) item.ref_log_probs = item.completion().ref_log_probs;
            return;
        }
        computed_.push_back(completion_log_probs(reference, items, budget, temperature));
        for (std::size_t i = 0; i < items.size(); ++i) items[i].ref_log_probs = computed_.back()[i];
    }

private:
    std::list<std::vector<std::vector<float>>> computed_;  // of each call
};

}  // namespace aha
