#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/state.hpp>

namespace aha {

/// Numbers of `adamw`; PyTorch's defaults but for the weight decay, which is TRL's.
struct adamw_options {
    double beta1 = 0.9;       ///< decay of the first moment
    double beta2 = 0.999;     ///< decay of the second moment
    double epsilon = 1e-8;    ///< added to the root of the second moment
    double weight_decay = 0;  ///< share of the learning rate by which matrices shrink at each step, frozen ones not
    bool operator==(const adamw_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(beta1 >= 0 && beta1 < 1, "beta1 must be in [0, 1), not ", beta1);
        require(beta2 >= 0 && beta2 < 1, "beta2 must be in [0, 1), not ", beta2);
        require(epsilon > 0 && std::isfinite(epsilon), "epsilon must be positive, not ", epsilon);
        require(weight_decay >= 0 && std::isfinite(weight_decay), "weight_decay must be 0 or more, not ", weight_decay);
    }
};

namespace detail {

/// The update of `adamw` by LibTorch's fused kernel: one pass over memory for all weights that decay alike.
/// @param steps updates so far, this one included
inline void update_by_libtorch(const adamw_options& options, const parameters& weights, const at::Tensor& first,
                               const at::Tensor& second, std::int64_t steps, double learning_rate) {
    const auto run = [&](const at::TensorList& w, const at::TensorList& g, const at::TensorList& m,
                         const at::TensorList& v, double decay) {
        if (w.empty()) return;
        const at::Tensor count = at::full({}, static_cast<double>(steps), weights.values().options());
        at::_fused_adamw_(w, g, m, v, {}, std::vector<at::Tensor>(w.size(), count), learning_rate, options.beta1,
                          options.beta2, decay, options.epsilon, false, false);
    };
    if (options.weight_decay == 0) return run({weights.values()}, {weights.gradients()}, {first}, {second}, 0);
    for (const bool decays : {false, true}) {
        std::vector<at::Tensor> w, g, m, v;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if ((weights.at(i).decay && weights[i].requires_grad()) != decays) continue;
            w.push_back(weights.slice(weights.values(), i));
            g.push_back(weights.slice(weights.gradients(), i));
            m.push_back(weights.slice(first, i));
            v.push_back(weights.slice(second, i));
        }
        run(w, g, m, v, decays ? options.weight_decay : 0);
    }
}

}  // namespace detail

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), in one pass over flat memory. Moments are
/// float32.
class adamw {
public:
    explicit adamw(adamw_options options = {}) : options_{options} { options_.validate(); }

    const adamw_options& options() const { return options_; }

    /// One update of `weights` from their gradients.
    void step(const parameters& weights, double learning_rate) {
        const at::NoGradGuard no_gradients;
        if (!first_.defined()) {
            first_ = at::zeros_like(weights.values());
            second_ = at::zeros_like(weights.values());
        }
        require(first_.sizes() == weights.values().sizes(),
                "adamw was given weights of another model: ", weights.values().numel(), " instead of ", first_.numel());
        first_ = first_.to(weights.values().device());  // a checkpoint is read to the CPU
        second_ = second_.to(weights.values().device());
        ++steps_;
        if (!weights.values().is_cpu())
            return detail::update_by_libtorch(options_, weights, first_, second_, steps_, learning_rate);
        if (options_.weight_decay == 0) {
            update(weights.values(), weights.gradients(), first_, second_, learning_rate, 0);
            return;
        }
        for (std::size_t i = 0; i < weights.size(); ++i)
            update(weights.slice(weights.values(), i), weights.slice(weights.gradients(), i), weights.slice(first_, i),
                   weights.slice(second_, i), learning_rate,
                   weights.at(i).decay && weights[i].requires_grad() ? options_.weight_decay : 0);
    }

    /// Copies: steps that follow do not change it.
    state save() const {
        state s;
        if (first_.defined()) {
            s.tensors["first"] = first_.clone();
            s.tensors["second"] = second_.clone();
        }
        s.values["steps"] = steps_;
        return s;
    }

    void load(const state& s) {
        const auto steps = s.values.find("steps");
        require(steps != s.values.end() && steps->is_number_integer(),
                "this is no saved adamw: it has no number of steps");
        const auto first = s.tensors.find("first"), second = s.tensors.find("second");
        const bool moments = first != s.tensors.end() && second != s.tensors.end();
        require(moments || *steps == 0, "the saved adamw has no moments");
        require(!moments || first->second.sizes() == second->second.sizes(),
                "the saved adamw's moments differ in size");
        steps_ = steps->get<std::int64_t>();
        first_ = moments ? first->second.clone() : at::Tensor{};
        second_ = moments ? second->second.clone() : at::Tensor{};
    }

private:
    void update(at::Tensor w, const at::Tensor& g, at::Tensor m, at::Tensor v, double learning_rate,
                double decay) const {
        const double count = static_cast<double>(steps_);
        const auto rate = static_cast<float>(learning_rate / (1 - std::pow(options_.beta1, count)));
        const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(options_.beta2, count)));
        const auto keep = static_cast<float>(1 - learning_rate * decay), epsilon = static_cast<float>(options_.epsilon);
        const auto b1 = static_cast<float>(1 - options_.beta1), b2 = static_cast<float>(options_.beta2);
        const auto c2 = static_cast<float>(1 - options_.beta2);
        float *wp = w.mutable_data_ptr<float>(), *mp = m.mutable_data_ptr<float>(), *vp = v.mutable_data_ptr<float>();
        const float* gp = g.const_data_ptr<float>();
        at::parallel_for(0, w.numel(), 1 << 15, [=](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                const float gi = gp[i];
                const float mi = mp[i] + (gi - mp[i]) * b1, vi = vp[i] * b2 + gi * gi * c2;
                mp[i] = mi;
                vp[i] = vi;
                wp[i] = wp[i] * keep - rate * mi / (std::sqrt(vi) * root + epsilon);
            }
        });
    }

    adamw_options options_;
    at::Tensor first_, second_;  // [N] moments, laid out like the weights
    std::int64_t steps_ = 0;
};

}  // namespace aha
