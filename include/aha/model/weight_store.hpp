#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/collective.hpp>
#include <aha/core/error.hpp>
#include <aha/core/parameters.hpp>
#include <aha/dist/shard_collectives.hpp>
#include <aha/kernels/float_product.hpp>
#include <aha/kernels/product.hpp>
#include <aha/kernels/releasable_buffer.hpp>
#include <aha/model/ops/linear.hpp>

namespace aha {

/// Weights and gradients spread over ranks (ZeRO stages 2 and 3, Rajbhandari et al. 2020): each rank keeps a share of
/// the float32 weights and of their gradients, and so of the optimizer's state. The weights are made of units: a layer,
/// or what is in none. A unit's gradients exist whole only while the backward pass is in it; then they are added over
/// the ranks and each keeps its share. What belongs to no layer (embedding, norms, head) has its gradients whole until
/// the end of the step.
///
/// Departure from the paper: the copy in the compute type that products use stays whole on every rank, since the same
/// weights decode, and ranks decode at their own pace. A rank so holds 2 bytes per weight in bfloat16, and 16 bytes a
/// weight divided by the number of ranks.
class weight_shards {
public:
    /// @param whole the weights as they are, the same on every rank; their leaves' gradients are moved into the units
    /// @param units parameters of each layer, in the order of the forward pass; those that are in none are the last
    /// unit
    weight_shards(const parameters& whole, const std::vector<std::vector<std::size_t>>& units, shard_collectives ranks)
        : ranks_{std::move(ranks)}, whole_size_{whole.values().numel()} {
        const at::NoGradGuard no_gradients;
        std::vector<bool> taken(whole.size());
        for (const std::vector<std::size_t>& slots : units) {
            for (const std::size_t i : slots) taken[i] = true;
            add_unit(whole, slots);
        }
        std::vector<std::size_t> others;
        for (std::size_t i = 0; i < whole.size(); ++i)
            if (!taken[i]) others.push_back(i);
        add_unit(whole, others);

        std::int64_t size = 0;
        for (unit& u : units_) u.share_at = std::exchange(size, size + u.share);
        const at::Tensor values = at::zeros({size}, whole.values().options()), gradients = at::zeros_like(values);
        std::vector<parameters::slot> pieces;
        std::vector<std::int64_t> places;
        for (unit& u : units_) {
            u.gradients = releasable_buffer{u.share * ranks_.size, whole.values().options()};
            const std::int64_t begin = ranks_.rank * u.share;
            for (const member& m : u.members) {
                at::Tensor leaf = whole[m.slot];
                leaf.mutable_grad() = u.gradients.tensor().narrow(0, m.at, m.size).view(whole.at(m.slot).shape);
                const std::int64_t from = std::max(m.at, begin), to = std::min(m.at + m.size, begin + u.share);
                if (from >= to) continue;
                pieces.push_back({whole.at(m.slot).name, {to - from}, whole.at(m.slot).decay});
                places.push_back(u.share_at + from - begin);
                values.narrow(0, places.back(), to - from)
                    .copy_(whole.values().narrow(0, m.whole_at + from - m.at, to - from));
            }
        }
        for (std::size_t n = 0; n + 1 < units_.size(); ++n) units_[n].gradients.release();
        units_.back().gradients.tensor().zero_();
        own_ = parameters{std::move(pieces), std::move(places), values, gradients};
    }

    const parameters& own() const { return own_; }  ///< this rank's share, in pieces

    /// All gradients are zero.
    void zero_gradients() const {
        own_.zero_gradients();
        units_.back().gradients.tensor().zero_();
    }

    /// The backward pass comes into layer `n`: its gradients have memory.
    void open(std::size_t n) const {
        units_.at(n).gradients.hold();
        units_.at(n).gradients.tensor().zero_();
    }

    /// It has left layer `n`: the gradients are added over the ranks, and each keeps its share. A rank that had nothing
    /// to compute opens and closes too.
    void close(std::size_t n) {
        finish_closing();
        closing_ = n;
        part_ = at::empty({units_.at(n).share}, own_.values().options());
        call_ = ranks_.sum_parts(units_[n].gradients.tensor(), part_);
    }

    /// The step's last backward pass is over: the share's gradients are complete.
    void finish_gradients() {
        close(units_.size() - 1);
        finish_closing();
    }

    /// Calls `take(slot, values)` with the values of each parameter, made of all ranks' shares, a unit at a time.
    /// @param share [S] laid out as the share is
    template <class Take>
    void gather(const at::Tensor& share, const Take& take) const {
        for (const unit& u : units_) {
            const at::Tensor all = at::empty({u.share * ranks_.size}, share.options());
            ranks_.gather(share.narrow(0, u.share_at, u.share), all).wait();
            for (const member& m : u.members) take(m.slot, all.narrow(0, m.at, m.size));
        }
    }

    /// What all shares make, laid out as the weights were before they were shared, on the CPU.
    at::Tensor whole(const at::Tensor& share) const {
        const at::Tensor all = at::zeros({whole_size_}, share.options().device(at::kCPU));
        std::vector<std::int64_t> place(slots());
        for (const unit& u : units_)
            for (const member& m : u.members) place[m.slot] = m.whole_at;
        gather(share, [&](std::size_t slot, const at::Tensor& values) {
            all.narrow(0, place[slot], values.numel()).copy_(values);
        });
        return all;
    }

    /// This rank's share of what is laid out as the weights were.
    at::Tensor shard_of(const at::Tensor& all) const {
        require(all.numel() == whole_size_, "a share was asked of ", all.numel(), " numbers instead of ", whole_size_);
        const at::Tensor share = at::zeros_like(own_.values());
        for (const unit& u : units_)
            for (const member& m : u.members) {
                const std::int64_t begin = ranks_.rank * u.share;
                const std::int64_t from = std::max(m.at, begin), to = std::min(m.at + m.size, begin + u.share);
                if (from < to)
                    share.narrow(0, u.share_at + from - begin, to - from)
                        .copy_(all.narrow(0, m.whole_at + from - m.at, to - from));
            }
        return share;
    }

    const shard_collectives& ranks() const { return ranks_; }  ///< over which the weights are spread

private:
    struct member {
        std::size_t slot;
        std::int64_t at, size, whole_at;  // in the unit; numbers; in the weights as they were
    };
    struct unit {
        std::vector<member> members;
        std::int64_t share = 0, share_at = 0;  // numbers of a rank's share; where it is among the rank's shares
        releasable_buffer gradients;           // [ranks * share]
    };

    void add_unit(const parameters& whole, const std::vector<std::size_t>& slots) {
        unit& u = units_.emplace_back();
        std::int64_t at = 0;
        for (const std::size_t i : slots) {
            u.members.push_back({i, at, whole[i].numel(), whole.offset(i)});
            at += (whole[i].numel() + 15) / 16 * 16;
        }
        u.share = (at + ranks_.size - 1) / ranks_.size;
        u.share = (u.share + 15) / 16 * 16;
    }

    std::size_t slots() const {
        std::size_t count = 0;
        for (const unit& u : units_) count += u.members.size();
        return count;
    }

    void finish_closing() {
        if (closing_ == none) return;
        const at::NoGradGuard no_gradients;
        call_.wait();
        const unit& u = units_[closing_];
        own_.gradients().narrow(0, u.share_at, u.share).add_(part_);
        if (closing_ + 1 < units_.size()) u.gradients.release();
        part_ = at::Tensor{};
        closing_ = none;
    }

    static constexpr std::size_t none = ~std::size_t{};

    shard_collectives ranks_;
    std::int64_t whole_size_;
    std::vector<unit> units_;  // layers, then the rest
    parameters own_;
    std::size_t closing_ = none;  // whose gradients are on their way
    at::Tensor part_;
    collective call_;
};

/// Where a tensor of a Hugging Face folder lives in our layout: rows [row, row + rows) of parameter `slot`, whose other
/// extents the tensor has too.
struct weight_part {
    std::string name;       ///< in the folder
    std::string slot;       ///< in `parameters`
    std::int64_t row = 0;   ///< where it begins in the parameter
    std::int64_t rows = 0;  ///< how many rows it has
};

/// A model's weights: the float32 parameters that are trained and what products need besides, made anew once after each
/// change (`refresh`), not once a use: a copy in the compute type where that is another, and the layout that products
/// are fastest with. They may be spread over ranks (`shard`).
template <class Tensor>
class weight_store {
public:
    weight_store() = default;
    /// Lays out the weights and their copies in the compute type.
    explicit weight_store(std::vector<aha::parameters::slot> slots) : parameters_{std::move(slots), Tensor::options()} {
        const at::Tensor all = shared ? parameters_.values() : parameters_.values().to(Tensor::compute_type);
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            leaves_.push_back(parameters_[i]);
            computes_.push_back(shared ? parameters_[i].detach() : parameters_.slice(all, i));
            blocked_.push_back(std::make_shared<at::Tensor>());
        }
        if constexpr (!shared) compute_ = all;
    }

    /// The trainable weights; once they are sharded, this rank's share, in pieces.
    const aha::parameters& parameters() const { return parameters_; }

    /// Must be called after the float32 values changed and before the model runs again; by all ranks together once the
    /// weights are sharded.
    void refresh() {
        const at::NoGradGuard no_gradients;
        if (shards_)
            shards_->gather(parameters_.values(), [&](std::size_t i, const at::Tensor& values) {
                const at::Tensor as_it_is = values.view(computes_[i].sizes());
                computes_[i].copy_(as_it_is);
                if (!shared && in_float_[i]) leaves_[i].detach().copy_(as_it_is);
            });
        else if constexpr (!shared) compute_.copy_(parameters_.values());
        for (std::size_t i = 0; i < computes_.size(); ++i)
            if (blocked_[i].use_count() > 1)  // someone multiplies with it
                *blocked_[i] = head_ == i ? blocked_in_float(computes_[i]) : blocked(computes_[i]);
    }

    /// Spreads the float32 weights, their gradients and so an optimizer's state over ranks: see `weight_shards`. All
    /// ranks hold the same weights before.
    /// @param units parameters of each layer
    /// @param read_in_float parameters whose float32 values the forward pass reads; they stay whole besides
    void shard(const std::vector<std::vector<std::size_t>>& units, const std::vector<bool>& read_in_float,
               shard_collectives ranks) {
        require(!shards_, "the weights are sharded already");
        const at::NoGradGuard no_gradients;
        in_float_ = read_in_float;
        auto shards = std::make_shared<weight_shards>(parameters_, units, std::move(ranks));
        if constexpr (!shared)
            for (std::size_t i = 0; i < leaves_.size(); ++i) {  // what products alone use has no values in float32
                const releasable_buffer without{leaves_[i].numel(), leaves_[i].options().requires_grad(false)};
                leaves_[i].set_data(in_float_[i] ? leaves_[i].detach().clone()
                                                 : without.tensor().view(leaves_[i].sizes()));
                without.release();
            }
        parameters_ = shards->own();
        shards_ = std::move(shards);
    }

    /// Null unless the weights are sharded.
    const std::shared_ptr<weight_shards>& shards() const { return shards_; }

    /// Parameter `i` as products see it; what it refers to follows `refresh`.
    weight_view view(std::size_t i) const { return {leaves_[i], computes_[i], blocked_[i]}; }
    /// Parameter `i` as the head of a language model, whose products are float32; at most one is.
    weight_view view_of_head(std::size_t i) {
        head_ = i;
        return view(i);
    }
    /// Parameter `i` as the forward pass reads it in float32, and with its gradient.
    const at::Tensor& leaf(std::size_t i) const { return leaves_[i]; }

private:
    static constexpr bool shared = Tensor::compute_type == Tensor::parameter_type;

    aha::parameters parameters_;
    at::Tensor compute_;
    std::vector<at::Tensor> leaves_, computes_;
    std::vector<std::shared_ptr<at::Tensor>> blocked_;
    std::vector<bool> in_float_;
    std::optional<std::size_t> head_;
    std::shared_ptr<weight_shards> shards_;
};

}  // namespace aha
