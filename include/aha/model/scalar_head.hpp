#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/mv.h>
#include <cstdint>

#include <aha/core/parameters.hpp>

namespace aha {

/// One number out of a hidden state: a product with a single row of weights, no bias. The weights are parameters of
/// their own, zero at first.
class scalar_head {
public:
    /// The weights' name in a Hugging Face folder, [1, D].
    static constexpr const char* name = "score.weight";

    /// @param width of the hidden states, D
    scalar_head(std::int64_t width, const at::TensorOptions& options) : weights_{{{name, {1, width}}}, options} {}

    const parameters& weights() const { return weights_; }
    void refresh() {}  ///< there is no second copy of the weights

    /// Differentiable with respect to `hidden` and the weights.
    /// @param hidden [S, D] compute type
    /// @return [S] float32
    at::Tensor operator()(const at::Tensor& hidden) const { return hidden.to(at::kFloat).mv(weights_[0].view(-1)); }

private:
    parameters weights_;
};

}  // namespace aha
