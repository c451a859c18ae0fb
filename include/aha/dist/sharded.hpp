#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/communicator.hpp>
#include <aha/concepts/optimizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/state.hpp>

namespace aha {

/// An optimizer whose memory is spread over the ranks (ZeRO stage 1, Rajbhandari et al. 2020, section 5.1): each rank
/// updates its part of the weights with an `Optimizer` of its own and gives it to the others. The parts are whole
/// parameters, so an optimizer that needs a matrix as a whole works too. What it saves is what `Optimizer` alone saves,
/// so that a checkpoint goes on with any number of ranks, sharded or not; `save` is called by all ranks together.
///
/// Departure from the paper: gradients are added up on every rank (an all-reduce and not a reduce-scatter), since the
/// trainers' gradient norm and microbatches need them there.
template <class Optimizer, class Communicator>
class sharded {
    static_assert(require_optimizer<Optimizer>() && require_communicator<Communicator>());

public:
    /// @param optimizer what updates this rank's part
    /// @param ranks over which the parts are spread: those of the trainer
    sharded(Optimizer optimizer, Communicator ranks) : inner_{std::move(optimizer)}, ranks_{std::move(ranks)} {}

    void step(const parameters& weights, double learning_rate) {
        const at::NoGradGuard no_gradients;
        const auto rank = static_cast<std::size_t>(ranks_.rank());
        if (bounds_.empty()) {
            bounds_ = cut(weights, ranks_.size());
            total_ = weights.values().numel();
            from_ = weights.offset(bounds_[rank]);
            to_ = weights.offset(bounds_[rank + 1]);
            if (pending_) inner_.load(own_part(*pending_));
            pending_.reset();
        }
        require(total_ == weights.values().numel(),
                "a sharded optimizer was given weights of another model: ", weights.values().numel(), " instead of ",
                total_);
        if (to_ > from_) inner_.step(weights.part(bounds_[rank], bounds_[rank + 1]), learning_rate);
        for (int r = 0; r < ranks_.size(); ++r) {
            const auto owner = static_cast<std::size_t>(r);
            const std::int64_t begin = weights.offset(bounds_[owner]), end = weights.offset(bounds_[owner + 1]);
            if (end > begin) ranks_.broadcast(weights.values().narrow(0, begin, end - begin), r);
        }
    }

    state save() const {
        if (pending_) return *pending_;
        const state own = inner_.save();
        if (bounds_.empty()) return own;
        // Tensors as long as this rank's part are parts, and the ranks' parts become one; a rank without a part has
        // none.
        nlohmann::json told;
        if (to_ > from_) {
            told["values"] = own.values;
            for (const auto& [name, tensor] : own.tensors)
                if (tensor.dim() == 1 && tensor.numel() == to_ - from_) told["parts"].push_back(name);
        }
        for (const std::string& theirs : ranks_.all_gather(told.dump()))
            if (told.is_null()) told = nlohmann::json::parse(theirs);
        state whole = own;
        whole.values = told.at("values");
        for (const std::string name : told.value("parts", nlohmann::json::array())) {
            const auto mine = own.tensors.find(name);
            at::Tensor all =
                at::zeros({total_}, mine == own.tensors.end() ? at::TensorOptions{} : mine->second.options());
            if (mine != own.tensors.end()) all.narrow(0, from_, to_ - from_).copy_(mine->second);
            ranks_.all_reduce(all);
            whole.tensors[name] = all;
        }
        return whole;
    }

    void load(const state& saved) {
        pending_ = saved;  // which part is this rank's is known with the weights, at the next step
        bounds_.clear();
    }

private:
    /// Cuts the parameters into `ranks` runs of about as many numbers; [ranks + 1] bounds.
    static std::vector<std::size_t> cut(const parameters& weights, int ranks) {
        std::vector<std::size_t> bounds{0};
        std::size_t next = 0;
        for (int r = 1; r < ranks; ++r) {
            const std::int64_t wanted = weights.values().numel() * r / ranks;
            while (next < weights.size() && weights.offset(next + 1) - wanted < wanted - weights.offset(next)) ++next;
            bounds.push_back(next);
        }
        bounds.push_back(weights.size());
        return bounds;
    }

    /// Of a whole optimizer's state what belongs to this rank.
    state own_part(const state& whole) const {
        state own;
        own.values = whole.values;
        for (const auto& [name, tensor] : whole.tensors)
            own.tensors[name] =
                tensor.dim() == 1 && tensor.numel() == total_ ? tensor.narrow(0, from_, to_ - from_).clone() : tensor;
        return own;
    }

    Optimizer inner_;
    Communicator ranks_;
    std::vector<std::size_t> bounds_;             // parameters of rank r: bounds_[r] to bounds_[r + 1]
    std::int64_t total_ = 0, from_ = 0, to_ = 0;  // numbers of all; this rank's
    std::optional<state> pending_;                // loaded, not yet cut
};

}  // namespace aha
