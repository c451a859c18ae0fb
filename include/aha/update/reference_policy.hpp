#pragma once

#include <ATen/core/grad_mode.h>
#include <optional>

#include <aha/core/error.hpp>
#include <aha/core/state.hpp>
#include <aha/model/sharding.hpp>
#include <aha/model/weights_state.hpp>

namespace aha {

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
