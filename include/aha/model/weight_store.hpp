#pragma once

#include <ATen/core/Tensor.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/parameters.hpp>
#include <aha/core/product.hpp>
#include <aha/model/ops/linear.hpp>

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
/// are fastest with.
template <class Tensor>
class weight_store {
public:
    weight_store() = default;
    /// Lays out the weights and their copies in the compute type.
    explicit weight_store(std::vector<aha::parameters::slot> slots) : parameters_{std::move(slots), Tensor::options()} {
        compute_ = shared ? parameters_.values() : parameters_.values().to(Tensor::compute_type);
        for (std::size_t i = 0; i < parameters_.size(); ++i) blocked_.push_back(std::make_shared<at::Tensor>());
    }

    /// The trainable weights.
    const aha::parameters& parameters() const { return parameters_; }

    /// Must be called after the float32 values changed and before the model runs again.
    void refresh() {
        if constexpr (!shared) compute_.copy_(parameters_.values());
        for (std::size_t i = 0; i < parameters_.size(); ++i)
            if (blocked_[i].use_count() > 1) *blocked_[i] = blocked(compute(i));  // someone multiplies with it
    }

    /// Parameter `i` as products see it; what it refers to follows `refresh`.
    weight_view view(std::size_t i) const { return {parameters_[i], compute(i), blocked_[i]}; }

private:
    static constexpr bool shared = Tensor::compute_type == Tensor::parameter_type;

    at::Tensor compute(std::size_t i) const {
        return shared ? parameters_[i].detach() : parameters_.slice(compute_, i);
    }

    aha::parameters parameters_;
    at::Tensor compute_;
    std::vector<std::shared_ptr<at::Tensor>> blocked_;
};

}  // namespace aha
