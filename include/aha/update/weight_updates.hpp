#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include <aha/concepts/objective.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/state.hpp>
#include <aha/optim/clip_gradient_norm.hpp>
#include <aha/update/gradient_reduction.hpp>
#include <aha/model/sharding.hpp>

namespace aha {

/// A model of two sets of weights that are trained together: a body and a head on it (`reward_model`).
template <class Model>
concept has_body_and_head = requires(Model& m) {
    m.body().weights();
    m.head().weights();
};

/// The optimizer steps of a model: adds the gradient over ranks, clips it, moves the weights, and keeps what the
/// optimizer remembers. A body and a head have an optimizer each, copies of one another at first; the norm of the
/// gradient is that of both.
template <class Model, class Optimizer>
class weight_updates {
    static constexpr std::size_t sets = has_body_and_head<Model> ? 2 : 1;
    static_assert(sets == 1 || std::is_copy_constructible_v<Optimizer>,
                  "aha: the optimizer of a model with a body and a head must be copyable: they have one each");

public:
    explicit weight_updates(Optimizer optimizer) : optimizers_{each(std::move(optimizer))} {}

    /// The gradient that `accumulate(hook)` adds to, from zero, added over the ranks. Gives what `accumulate` gives.
    template <class Communicator, class Accumulate>
    static auto make_gradient(Model& model, const Communicator& ranks, const Accumulate& accumulate) {
        if constexpr (sets == 2) model.head().weights().zero_gradients();
        gradient_reduction reduction{main_part(model), ranks};
        auto sums = accumulate(reduction.hook());
        reduction.finish();
        if constexpr (sets == 2) ranks.all_reduce(model.head().weights().gradients());
        return sums;
    }

    /// Scales the gradient to a norm of at most `largest` (0: leaves it) and gives the norm that it had, the same on
    /// every rank.
    template <class Communicator>
    static double clip(const Model& model, const Communicator& ranks, double largest) {
        if constexpr (sets == 2) {
            const std::array<const parameters*, 2> both{&model.body().weights(), &model.head().weights()};
            return clip_gradient_norm(both, largest);
        } else {
            return clip_model_gradient(model, ranks, largest);
        }
    }

    /// Moves the weights.
    void step(Model& model, double learning_rate) {
        optimizers_[0].step(main_part(model).weights(), learning_rate);
        if constexpr (sets == 2) optimizers_[1].step(model.head().weights(), learning_rate);
        main_part(model).refresh();
    }

    /// What updates change, as it is now: for a step whose later update fails. It lives on the model's device and
    /// holds 12 bytes per weight with `adamw`, a rank's shard of them where weights are sharded.
    struct snapshot {
        std::array<at::Tensor, sets> weights;  ///< [N] of each set
        std::array<state, sets> optimizers;    ///< of each set
    };

    /// Copies weights and optimizers.
    snapshot copy(const Model& model) const {
        snapshot copied;
        copied.weights[0] = main_part(model).weights().values().clone();
        if constexpr (sets == 2) copied.weights[1] = model.head().weights().values().clone();
        for (std::size_t i = 0; i < sets; ++i) copied.optimizers[i] = owning(optimizers_[i].save());
        return copied;
    }

    /// Puts both back.
    void restore(Model& model, const snapshot& before) {
        const at::NoGradGuard no_gradients;
        main_part(model).weights().values().copy_(before.weights[0]);
        if constexpr (sets == 2) model.head().weights().values().copy_(before.weights[1]);
        main_part(model).refresh();
        for (std::size_t i = 0; i < sets; ++i) optimizers_[i].load(before.optimizers[i]);
    }

    /// Puts weights and optimizers into a trainer's state: "weights", "optimizer", and of a head "head",
    /// "head_optimizer". All ranks call it.
    void save(const Model& model, state& to) const {
        const auto& part = main_part(model);
        to.tensors["weights"] = whole_of(part, part.weights().values());
        to.put("optimizer", whole_state(part, optimizers_[0].save()));
        if constexpr (sets == 2) {
            to.tensors["head"] = model.head().weights().values();
            to.put("head_optimizer", optimizers_[1].save());
        }
    }

    /// Takes them back. Throws `aha::error` if they are another model's.
    void load(Model& model, const state& from) {
        restore_weights(main_part(model), from);
        if constexpr (sets == 2) restore_weights(model.head(), from, "head");
        optimizers_[0].load(own_state(main_part(model), from.part("optimizer"), from.tensors.at("weights").numel()));
        if constexpr (sets == 2) optimizers_[1].load(from.part("head_optimizer"));
    }

private:
    template <class M>
    static auto& main_part(M& model) {
        if constexpr (sets == 2) return model.body();
        else return model;
    }

    static std::array<Optimizer, sets> each(Optimizer optimizer) {
        if constexpr (sets == 2) return {optimizer, optimizer};
        else return {std::move(optimizer)};
    }

    std::array<Optimizer, sets> optimizers_;
};

}  // namespace aha
