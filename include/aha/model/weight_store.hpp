#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros_like.h>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/parameters.hpp>
#include <aha/model/ops/linear.hpp>

namespace aha {

/// Where a tensor of a Hugging Face folder lives in our layout: rows [row, row + rows) of parameter `slot`.
struct weight_part {
    std::string name;  ///< in the folder
    std::string slot;  ///< in `parameters`
    std::int64_t row = 0;
    std::int64_t rows = 0;
};

/// A model's weights: the float32 parameters that are trained and, where products run in another type, a copy in that
/// type that is made anew once after each change (`refresh`), not once a use.
template <class Tensor>
class weight_store {
public:
    weight_store() = default;
    explicit weight_store(std::vector<aha::parameters::slot> slots) : parameters_{std::move(slots), Tensor::options()} {
        compute_ = shared ? parameters_.values() : parameters_.values().to(Tensor::compute_type);
    }

    const aha::parameters& parameters() const { return parameters_; }

    /// Must be called after the float32 values changed and before the model runs again.
    void refresh() {
        if constexpr (!shared) compute_.copy_(parameters_.values());
    }

    /// Parameter `i` as products see it.
    weight_view view(std::size_t i) const {
        if constexpr (shared) return {parameters_[i], parameters_[i].detach()};
        else return {parameters_[i], parameters_.slice(compute_, i)};
    }

private:
    static constexpr bool shared = Tensor::compute_type == Tensor::parameter_type;
    aha::parameters parameters_;
    at::Tensor compute_;
};

}  // namespace aha
