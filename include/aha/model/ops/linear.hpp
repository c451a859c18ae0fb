#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/mm.h>
#include <memory>
#include <torch/csrc/autograd/custom_function.h>

#include <aha/kernels/product.hpp>

namespace aha {

/// A weight as products see it: the float32 leaf that is trained and the copy in the compute type. In float32 both are
/// the same tensor.
struct weight_view {
    at::Tensor leaf;     ///< [out, in] float32, receives the gradient
    at::Tensor compute;  ///< [out, in] compute type
    std::shared_ptr<const at::Tensor> blocked =
        std::make_shared<const at::Tensor>();  ///< `compute` laid out by `aha::blocked`, or an undefined tensor
};

namespace detail {

/// Adds `a^T b` to the float32 gradient of `leaf` in place: no second buffer of the weight's size in float32.
inline void accumulate_product(const at::Tensor& leaf, const at::Tensor& a, const at::Tensor& b) {
    if (!leaf.requires_grad()) return;
    add_product(leaf.grad(), a.t(), b);
}

inline at::Tensor product_with(const at::Tensor& x, const weight_view& weight) {
    return product(x, weight.compute, *weight.blocked);
}

struct linear_function : torch::autograd::Function<linear_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& leaf,
                              const weight_view& weight) {
        context->save_for_backward({x});
        context->saved_data["leaf"] = leaf;
        context->saved_data["compute"] = weight.compute;
        return product_with(x, weight);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const at::Tensor x = context->get_saved_variables()[0];
        const at::Tensor gy = gradients[0].contiguous();
        accumulate_product(context->saved_data["leaf"].toTensor(), gy, x);
        return {matmul_nn(gy, context->saved_data["compute"].toTensor()), at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace detail

/// `x W^T`, differentiable. The weight's gradient is added to the leaf's `.grad()` in place during the backward pass;
/// it does not flow through the autograd engine.
/// @param x [T, in] compute type
/// @return [T, out] compute type
inline at::Tensor linear(const at::Tensor& x, const weight_view& weight) {
    if (!at::GradMode::is_enabled()) return detail::product_with(x, weight);
    return detail::linear_function::apply(x, weight.leaf, weight);
}

}  // namespace aha
