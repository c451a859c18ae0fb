#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <torch/csrc/autograd/custom_function.h>

namespace aha {
namespace detail {

struct add_bias_function : torch::autograd::Function<add_bias_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& bias) {
        context->saved_data["bias"] = bias;
        return at::add(x, bias).to(x.scalar_type());
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const at::Tensor bias = context->saved_data["bias"].toTensor();
        if (bias.requires_grad()) bias.grad().add_(gradients[0].sum(0, false, at::kFloat));
        return {gradients[0], at::Tensor{}};
    }
};

}  // namespace detail

/// `x + bias`, added in float32, differentiable; `x` itself if there is no bias. The bias's gradient is added to
/// `bias.grad()` in place.
/// @param x [T, N] compute type
/// @param bias [N] float32 leaf, or undefined
/// @return [T, N] in the same type
inline at::Tensor add_bias(const at::Tensor& x, const at::Tensor& bias) {
    if (!bias.defined()) return x;
    if (!at::GradMode::is_enabled()) return at::add(x, bias).to(x.scalar_type());
    return detail::add_bias_function::apply(x, bias);
}

}  // namespace aha
