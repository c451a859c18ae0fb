#pragma once

#include <ATen/core/Tensor.h>
#include <functional>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>

#include <aha/model/ops/residual_norm.hpp>

namespace aha {
namespace detail {

struct backward_mark_function : torch::autograd::Function<backward_mark_function> {
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const at::Tensor& stream,
                                                  const at::Tensor& normalized, const std::function<void()>& reached) {
        context->set_materialize_grads(false);
        context->saved_data["reached"] = c10::IValue::make_capsule(c10::make_intrusive<holder>(reached));
        return {stream, normalized};
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        c10::static_intrusive_pointer_cast<holder>(context->saved_data["reached"].toCapsule())->reached();
        return {gradients[0], gradients[1], at::Tensor{}};
    }

private:
    struct holder : torch::CustomClassHolder {
        explicit holder(std::function<void()> r) : reached{std::move(r)} {}
        std::function<void()> reached;
    };
};

}  // namespace detail

/// The residual stream as it is; the backward pass calls `reached` when it comes here: everything that was computed
/// from it has given its gradients.
inline residual marked(const residual& in, const std::function<void()>& reached) {
    const torch::autograd::variable_list out = detail::backward_mark_function::apply(in.stream, in.normalized, reached);
    return {out[0], out[1]};
}

}  // namespace aha
