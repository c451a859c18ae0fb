#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/train/microbatch.hpp>
#include <aha/train/policy_gradient.hpp>

namespace aha {

/// Log-probs of a group's completions under `policy` at `temperature`, without gradients, [G][T].
template <class Model>
std::vector<std::vector<float>> group_log_probs(const Model& policy, const rollout_group& group, double temperature) {
    const at::NoGradGuard no_gradients;
    std::vector<training_item> items;
    for (std::size_t s = 0; s < group.completions.size(); ++s) items.push_back({&group, s});
    const at::Tensor all = item_log_probs(policy, pack_items(items, Model::tensor_policy::device()), temperature).cpu();
    const float* next = all.template const_data_ptr<float>();
    std::vector<std::vector<float>> each;
    for (const completion& c : group.completions) {
        each.emplace_back(next, next + c.ids.size());
        next += c.ids.size();
    }
    return each;
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
