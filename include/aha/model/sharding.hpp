#pragma once

#include <ATen/core/grad_mode.h>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/state.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/dist/shard_collectives.hpp>
#include <aha/optim/clip_gradient_norm.hpp>

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

/// What trainers do otherwise for a model that is spread over ranks; for any other model each is the plain thing.

/// A model whose weights may be spread over ranks: see `decoder::shard`.
template <class Model>
concept can_be_sharded = requires(Model& m) {
    { m.is_sharded() } -> std::same_as<bool>;
    m.begin_backward(), m.end_backward(), m.idle_backward(), m.finish_gradients(), m.zero_gradients();
};

/// Whether the model's weights are spread over ranks.
template <class Model>
bool is_sharded(const Model& model) {
    if constexpr (can_be_sharded<Model>) return model.is_sharded();
    else return false;
}

/// Spreads a model's weights over the ranks of a communicator that can exchange parts (`process_group`): see
/// `decoder::shard`. All ranks call it, with the same weights; one rank alone changes nothing.
template <class Model, class Communicator>
void shard_weights(Model& model, const Communicator& ranks) {
    if (ranks.size() == 1) return;
    model.shard({.rank = ranks.rank(),
                 .size = ranks.size(),
                 .gather = [ranks](const at::Tensor& part,
                                   const at::Tensor& whole) { return ranks.all_gather_async(part, whole); },
                 .sum_parts = [ranks](const at::Tensor& whole,
                                      const at::Tensor& part) { return ranks.reduce_scatter_async(whole, part); }});
}

/// `clip_gradient_norm` of the whole model.
template <class Model, class Communicator>
double clip_model_gradient(const Model& model, const Communicator& ranks, double largest) {
    if (!is_sharded(model)) return clip_gradient_norm(model.weights(), largest);
    const parameters* const own = &model.weights();
    return clip_gradient_norm(std::span{&own, 1}, largest,
                              [&](double squares) { return sum_numbers(ranks, {squares}).front(); });
}

/// The model's weights with their shapes; of a model that is sharded made whole on the CPU. Called by all ranks.
template <class Model>
parameters whole_weights(const Model& model) {
    if constexpr (requires { model.whole_weights(); })
        if (is_sharded(model)) return model.whole_weights();
    return model.weights();
}

/// What is laid out as the model's weights, as a checkpoint holds it: whole. Called by all ranks.
template <class Model>
at::Tensor whole_of(const Model& model, const at::Tensor& own) {
    if constexpr (requires { model.whole(own); })
        if (is_sharded(model)) return model.whole(own);
    return own;
}

/// The state of an optimizer of the model as a checkpoint holds it: whole. Called by all ranks.
template <class Model>
state whole_state(const Model& model, state own) {
    if constexpr (requires(const at::Tensor& t) { model.whole(t); })
        if (is_sharded(model))
            for (auto& [name, tensor] : own.tensors)
                if (tensor.sizes() == model.weights().values().sizes()) tensor = model.whole(tensor);
    return own;
}

/// This rank's part of an optimizer's whole state.
template <class Model>
state own_state(const Model& model, state whole, std::int64_t whole_size) {
    if constexpr (requires(const at::Tensor& t) { model.shard_of(t); })
        if (is_sharded(model))
            for (auto& [name, tensor] : whole.tensors)
                if (tensor.dim() == 1 && tensor.numel() == whole_size) tensor = model.shard_of(tensor);
    return whole;
}

}  // namespace aha
