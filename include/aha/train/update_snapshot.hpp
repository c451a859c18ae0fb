#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <aha/core/state.hpp>

namespace aha {

/// What updates change, weights and optimizer, as it was before the first of several: for a step whose later update
/// fails. It lives on the model's device and holds 12 bytes a weight with `adamw`, a rank's share of them where weights
/// are spread over ranks.
template <class Model, class Optimizer>
class update_snapshot {
public:
    /// Copies both as they are now.
    update_snapshot(const Model& model, const Optimizer& optimizer)
        : weights_{model.weights().values().clone()}, optimizer_{owning(optimizer.save())} {}

    /// Puts both back.
    void restore(Model& model, Optimizer& optimizer) const {
        const at::NoGradGuard no_gradients;
        model.weights().values().copy_(weights_);
        model.refresh();
        optimizer.load(optimizer_);
    }

private:
    at::Tensor weights_;  // [N]
    state optimizer_;
};

}  // namespace aha
