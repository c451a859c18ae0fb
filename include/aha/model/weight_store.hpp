#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/kernels/float_product.hpp>
#include <aha/kernels/releasable_buffer.hpp>
#include <aha/core/parameters.hpp>
#include <aha/kernels/product.hpp>
#include <aha/model/ops/linear.hpp>
#include <aha/model/weight_shards.hpp>

namespace aha {

/// Where a tensor of a Hugging Face folder lives in our layout: rows [row, row + rows) of parameter `slot`.
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
        if (shares_)
            shares_->gather(parameters_.values(), [&](std::size_t i, const at::Tensor& values) {
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
        require(!shares_, "the weights are sharded already");
        const at::NoGradGuard no_gradients;
        in_float_ = read_in_float;
        auto shares = std::make_shared<weight_shards>(parameters_, units, std::move(ranks));
        if constexpr (!shared)
            for (std::size_t i = 0; i < leaves_.size(); ++i) {  // what products alone use has no values in float32
                const releasable_buffer without{leaves_[i].numel(), leaves_[i].options().requires_grad(false)};
                leaves_[i].set_data(in_float_[i] ? leaves_[i].detach().clone()
                                                 : without.tensor().view(leaves_[i].sizes()));
                without.release();
            }
        parameters_ = shares->own();
        shares_ = std::move(shares);
    }

    /// Null unless the weights are sharded.
    const std::shared_ptr<weight_shards>& shares() const { return shares_; }

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
    std::shared_ptr<weight_shards> shares_;
};

}  // namespace aha
