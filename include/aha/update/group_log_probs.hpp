#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/update/microbatch.hpp>
#include <aha/update/policy_gradient.hpp>

namespace aha {

/// Log-probs of the items' completions under `policy` at `temperature`, without gradients, in passes of at most
/// `budget` packed tokens (`plan_microbatches`).
/// @return [items][T]
template <class Model>
std::vector<std::vector<float>> completion_log_probs(const Model& policy, std::span<const training_item> items,
                                                     std::int64_t budget, double temperature) {
    const at::NoGradGuard no_gradients;
    std::vector<std::vector<float>> each;
    for (const std::vector<training_item>& part : plan_microbatches(items, budget)) {
        const at::Tensor all =
            item_log_probs(policy, pack_items(part, Model::tensor_policy::device()), temperature).cpu();
        const float* next = all.template const_data_ptr<float>();
        for (const training_item& item : part) {
            each.emplace_back(next, next + item.completion().ids.size());
            next += item.completion().ids.size();
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

}  // namespace aha
