#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <optional>
#include <torch/csrc/autograd/custom_function.h>

namespace aha {

/// A weight as products see it: the float32 leaf that is trained and the copy in the compute type. In float32 both are
/// the same tensor.
struct weight_view {
    at::Tensor leaf;     ///< [out, in] float32, receives the gradient
    at::Tensor compute;  ///< [out, in] compute type
};

namespace detail {

/// Adds `a^T b` to the float32 gradient of `leaf` in place: no second buffer of the weight's size in float32.
inline void accumulate_product(const at::Tensor& leaf, const at::Tensor& a, const at::Tensor& b) {
    at::Tensor gradient = leaf.grad();
    if (a.scalar_type() == gradient.scalar_type()) gradient.addmm_(a.t(), b);
    else gradient.add_(at::mm(a.t(), b));
}

struct linear_function : torch::autograd::Function<linear_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& leaf,
                              const at::Tensor& compute, const std::optional<at::Tensor>& bias) {
        context->save_for_backward({x});
        context->saved_data["leaf"] = leaf;
        context->saved_data["compute"] = compute;
        context->saved_data["bias"] = bias.value_or(at::Tensor{});
        at::Tensor y = at::linear(x, compute);
        if (bias) y.add_(*bias);
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const at::Tensor x = context->get_saved_variables()[0];
        const at::Tensor leaf = context->saved_data["leaf"].toTensor();
        const at::Tensor compute = context->saved_data["compute"].toTensor();
        const at::Tensor bias = context->saved_data["bias"].toTensor();
        const at::Tensor gy = gradients[0].contiguous();
        if (leaf.requires_grad()) {
            accumulate_product(leaf, gy, x);
            if (bias.defined()) bias.grad().add_(gy.sum(0, false, at::kFloat));
        }
        return {at::mm(gy, compute), at::Tensor{}, at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace detail

/// `x W^T + bias`, differentiable. Weight and bias gradients are added to the leaves' `.grad()` in place during the
/// backward pass; they do not flow through the autograd engine.
/// @param x [T, in] compute type
/// @param bias [out] float32 leaf, or undefined
/// @return [T, out] compute type
inline at::Tensor linear(const at::Tensor& x, const weight_view& weight, const at::Tensor& bias = {}) {
    return detail::linear_function::apply(x, weight.leaf, weight.compute,
                                          bias.defined() ? std::optional{bias} : std::nullopt);
}

}  // namespace aha
