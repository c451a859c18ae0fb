#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <c10/core/ScalarType.h>

#include <aha/core/parameters.hpp>

namespace aha::testing {

/// A problem with a known answer, for optimizers: half the sum of c (x - m)^2 over a matrix and a vector. The
/// curvatures c go from 1 to 2, the minimum m is within [-1, 1], its value there is 0; it starts at 3 everywhere.
class quadratic {
public:
    /// Weights of the given type.
    explicit quadratic(c10::ScalarType type = c10::kFloat)
        : weights_{{{"matrix", {4, 6}}, {"vector", {5}, false}}, at::TensorOptions{type}} {
        const at::NoGradGuard no_gradients;
        for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].fill_(3);
    }

    const parameters& weights() const { return weights_; }

    /// Where the minimum of parameter `i` is, in its shape.
    at::Tensor minimum(std::size_t i) const { return numbers(i).sin(); }

    /// The value at the present weights.
    double value() const {
        const at::NoGradGuard no_gradients;
        double sum = 0;
        for (std::size_t i = 0; i < weights_.size(); ++i)
            sum += 0.5 * (curvature(i) * (weights_[i] - minimum(i)).square()).sum().item<double>();
        return sum;
    }

    /// Writes the gradient at the present weights.
    void fill_gradients() const {
        const at::NoGradGuard no_gradients;
        weights_.zero_gradients();
        for (std::size_t i = 0; i < weights_.size(); ++i)
            weights_[i].grad().copy_(curvature(i) * (weights_[i] - minimum(i)));
    }

private:
    at::Tensor numbers(std::size_t i) const {
        return at::arange(weights_[i].numel(), weights_[i].options().requires_grad(false)).view(weights_[i].sizes());
    }
    at::Tensor curvature(std::size_t i) const { return 1 + numbers(i) / static_cast<double>(weights_[i].numel()); }

    parameters weights_;
};

}  // namespace aha::testing
