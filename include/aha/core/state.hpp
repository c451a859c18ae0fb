#pragma once

#include <ATen/core/Tensor.h>
#include <map>
#include <string>
#include <utility>

#include <aha/core/state_values.hpp>

namespace aha {

/// What a part of a run must remember to go on bit for bit: named tensors and plain values. Optimizers, prompt sources
/// and trainers give one and take one back; a checkpoint store writes it.
struct state : state_values {
    std::map<std::string, at::Tensor> tensors;  ///< by name

    /// Nothing to remember, values alone, or tensors and values.
    state() = default;
    /// Nothing to remember, values alone, or tensors and values.
    state(state_values saved) : state_values{std::move(saved)} {}  // NOLINT(google-explicit-constructor)
    /// Nothing to remember, values alone, or tensors and values.
    state(std::map<std::string, at::Tensor> named, nlohmann::json held)
        : state_values{std::move(held)}, tensors{std::move(named)} {}

    /// Puts `part` under `name`: its tensors become "name/...", its values `values[name]`.
    void put(const std::string& name, const state& part) {
        for (const auto& [key, tensor] : part.tensors) tensors[name + "/" + key] = tensor;
        values[name] = part.values;
    }

    /// What was put under `name`.
    state part(const std::string& name) const {
        state found;
        const std::string prefix = name + "/";
        for (const auto& [key, tensor] : tensors)
            if (key.starts_with(prefix)) found.tensors[key.substr(prefix.size())] = tensor;
        if (values.contains(name)) found.values = values.at(name);
        return found;
    }
};

/// The state with memory of its own: tensors whose memory somebody else holds too are copied, so that what goes on
/// there does not change what was saved. Those that nobody else holds are kept.
inline state owning(state saved) {
    for (auto& [name, tensor] : saved.tensors)
        if (tensor.defined() && (tensor.use_count() > 1 || tensor.storage().use_count() > 1))
            tensor = tensor.detach().clone();
    return saved;
}

}  // namespace aha
