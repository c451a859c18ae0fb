#pragma once

#include <ATen/core/grad_mode.h>
#include <string>

#include <aha/core/error.hpp>
#include <aha/core/state.hpp>
#include <aha/model/sharding.hpp>

namespace aha {

/// Gives a model the weights that a checkpoint holds under `name`. Throws `aha::error` if they are another model's.
template <class Model>
void restore_weights(Model& model, const state& saved, const std::string& name = "weights") {
    const auto found = saved.tensors.find(name);
    if constexpr (requires(const at::Tensor& t) { model.shard_of(t); })
        if (is_sharded(model)) {
            require(found != saved.tensors.end(), "the checkpoint holds no ", name);
            const at::NoGradGuard none;
            model.weights().values().copy_(model.shard_of(found->second));
            model.refresh();
            return;
        }
    require(found != saved.tensors.end() && found->second.sizes() == model.weights().values().sizes(),
            "the checkpoint holds ", name, " of another model");
    const at::NoGradGuard no_gradients;
    model.weights().values().copy_(found->second);
    model.refresh();
}

}  // namespace aha
