#pragma once

#include <cmath>
#include <map>
#include <string>
#include <utility>

#include <aha/core/parameters.hpp>
#include <aha/core/part_exchange.hpp>
#include <aha/core/state.hpp>
#include <aha/optim/clip_gradient_norm.hpp>
#include <aha/train/gradient_reduction.hpp>
#include <aha/train/rank_work.hpp>

/// What trainers do otherwise for a model that is spread over ranks; for any other model each is the plain thing.
namespace aha {

/// Spreads a model's weights over the ranks of a communicator that can exchange parts (`process_group`): see
/// `decoder::share_out`. All ranks call it, with the same weights; one rank alone changes nothing.
template <class Model, class Communicator>
void share_out_weights(Model& model, const Communicator& ranks) {
    if (ranks.size() == 1) return;
    model.share_out(
        {.rank = ranks.rank(),
         .size = ranks.size(),
         .gather = [ranks](const at::Tensor& part, const at::Tensor& whole) { return ranks.begin_gather(part, whole); },
         .sum_parts = [ranks](const at::Tensor& whole,
                              const at::Tensor& part) { return ranks.begin_sum_parts(whole, part); }});
}

/// `clip_gradient_norm` of the whole model.
template <class Model, class Communicator>
double clip_model_gradient(const Model& model, const Communicator& ranks, double largest) {
    if (!is_shared_out(model)) return clip_gradient_norm(model.weights(), largest);
    const double own = clip_gradient_norm(model.weights(), 0);
    const double norm = std::sqrt(sum_numbers(ranks, {own * own}).front());
    const double scale = largest / (norm + 1e-6);
    const at::NoGradGuard no_gradients;
    if (largest > 0 && std::isfinite(norm) && scale < 1) model.weights().gradients().mul_(scale);
    return norm;
}

/// The model's weights with their shapes; of a model that is shared out made whole on the CPU. Called by all ranks.
template <class Model>
parameters whole_weights(const Model& model) {
    if constexpr (requires { model.whole_weights(); })
        if (is_shared_out(model)) return model.whole_weights();
    return model.weights();
}

/// What is laid out as the model's weights, as a checkpoint holds it: whole. Called by all ranks.
template <class Model>
at::Tensor whole_of(const Model& model, const at::Tensor& own) {
    if constexpr (requires { model.whole(own); })
        if (is_shared_out(model)) return model.whole(own);
    return own;
}

/// The state of an optimizer of the model as a checkpoint holds it: whole. Called by all ranks.
template <class Model>
state whole_state(const Model& model, state own) {
    if constexpr (requires(const at::Tensor& t) { model.whole(t); })
        if (is_shared_out(model))
            for (auto& [name, tensor] : own.tensors)
                if (tensor.sizes() == model.weights().values().sizes()) tensor = model.whole(tensor);
    return own;
}

/// This rank's part of an optimizer's whole state.
template <class Model>
state own_state(const Model& model, state whole, std::int64_t whole_size) {
    if constexpr (requires(const at::Tensor& t) { model.share_of(t); })
        if (is_shared_out(model))
            for (auto& [name, tensor] : whole.tensors)
                if (tensor.dim() == 1 && tensor.numel() == whole_size) tensor = model.share_of(tensor);
    return whole;
}

}  // namespace aha
