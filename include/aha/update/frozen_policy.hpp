#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state.hpp>
#include <aha/model/sharding.hpp>
#include <aha/update/minibatch.hpp>
#include <aha/update/packed_log_probs.hpp>

namespace aha {

/// Log-probs of the items' completions under `policy` at `temperature`, without gradients, in passes of at most
/// `budget` packed tokens (`plan_microbatches`).
/// @return [items][T], 0 where the policy did not write the token
template <class Model>
std::vector<std::vector<float>> completion_log_probs(const Model& policy, std::span<const training_item> items,
                                                     std::int64_t budget, double temperature) {
    const at::NoGradGuard no_gradients;
    std::vector<std::vector<float>> each;
    for (const std::vector<training_item>& part : plan_microbatches(items, budget)) {
        const at::Tensor all =
            packed_log_probs(policy, pack_items(part, packing_for(policy)), {.temperature = temperature})
                .log_probs.cpu();
        const float* next = all.template const_data_ptr<float>();
        for (const training_item& item : part) {
            std::vector<float>& own = each.emplace_back(item.completion().ids.size(), 0.0F);
            for_each_policy_token(item.completion(), [&](std::size_t t) { own[t] = *next++; });
        }
    }
    return each;
}

/// Gives every completion its `ref_log_probs`, for advantages that read them.
template <class Model>
void fill_reference_log_probs(const Model& reference, std::vector<rollout_group>& groups, std::int64_t budget,
                              double temperature) {
    std::vector<training_item> items;
    for (const rollout_group& group : groups)
        for (std::size_t s = 0; s < group.completions.size(); ++s) items.push_back({&group, s});
    std::vector<std::vector<float>> all = completion_log_probs(reference, items, budget, temperature);
    std::size_t next = 0;
    for (rollout_group& group : groups)
        for (completion& c : group.completions) c.ref_log_probs = std::move(all[next++]);
}

/// Whether a group's scores differ, so that its comparison teaches something.
inline bool scores_differ(const rollout_group& group) {
    const score* first = nullptr;
    for (const score& s : group.scores) {
        if (!s.applicable) continue;
        if (first != nullptr && s.value != first->value) return true;
        first = &s;
    }
    return false;
}

/// Log-probs of completions that stay as they are while the policy moves: computed once, however many updates follow.
/// Items refer to what is kept here, or to the completions' own.
class frozen_log_probs {
public:
    /// Fills in `old_log_probs` of the items (those of a group adjacent): under the policy before its first update,
    /// where several updates follow. In float32 the sampler's own are the trainer's to 1e-5 and are used as they are;
    /// in other types they are computed anew.
    /// @param budget most tokens of a pass
    template <class Model>
    void fill_old(const Model& model, std::vector<training_item>& items, std::int64_t budget, double temperature) {
        if constexpr (Model::tensor_policy::compute_type == at::kFloat) {
            for (training_item& item : items) item.old_log_probs = item.completion().behavior_log_probs;
        } else {
            fill(&training_item::old_log_probs, model, items, budget, temperature);
        }
    }

    /// Fills in `ref_log_probs` of the items (those of a group adjacent): under the frozen policy of a loss's KL term.
    /// The completions' own are used where an advantage asked for them.
    /// @param budget most tokens of a pass
    template <class Model>
    void fill_reference(const Model& reference, std::vector<training_item>& items, std::int64_t budget,
                        double temperature) {
        const auto known = [](const training_item& item) {
            return item.completion().ref_log_probs.size() == item.completion().ids.size();
        };
        if (std::all_of(items.begin(), items.end(), known)) {
            for (training_item& item : items) item.ref_log_probs = item.completion().ref_log_probs;
        } else {
            fill(&training_item::ref_log_probs, reference, items, budget, temperature);
        }
    }

private:
    template <class Model>
    void fill(std::span<const float> training_item::*log_probs, const Model& policy, std::vector<training_item>& items,
              std::int64_t budget, double temperature) {
        computed_.push_back(completion_log_probs(policy, items, budget, temperature));
        for (std::size_t i = 0; i < items.size(); ++i) items[i].*log_probs = computed_.back()[i];
    }

    std::list<std::vector<std::vector<float>>> computed_;  // of each call
};

/// The frozen policy that a KL term measures against: a copy of the model as it was, refreshed when told to.
template <class Model>
class reference_policy {
public:
    /// Holds a copy only if one is needed: without a KL term it costs nothing.
    reference_policy(const Model& model, bool needed) {
        if constexpr (requires { model.clone(); }) {
            if (needed) copy_.emplace(model.clone());
        } else {
            require(!needed, "this loss compares with a reference policy, and the model has no clone() to make one");
        }
    }

    /// Null when no reference is needed.
    const Model* get() const { return copy_ ? &*copy_ : nullptr; }

    /// The reference becomes the model as it is now.
    void refresh(const Model& model) {
        if (!copy_) return;
        const at::NoGradGuard no_gradients;
        copy_->weights().values().copy_(model.weights().values());
        copy_->refresh();
    }

    state save() const {
        state s;
        if (copy_) s.tensors["weights"] = whole_of(*copy_, copy_->weights().values());
        return s;
    }

    void load(const state& s) {
        if (!copy_) return;
        const auto found = s.tensors.find("weights");
        require(found != s.tensors.end(), "the checkpoint holds no reference policy, and this run's loss needs one");
        restore_weights(*copy_, s);
    }

private:
    std::optional<Model> copy_;
};

}  // namespace aha
