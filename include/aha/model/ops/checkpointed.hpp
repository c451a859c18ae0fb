#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <functional>
#include <memory>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>

#include <aha/model/ops/residual_norm.hpp>

namespace aha {
namespace detail {

using residual_map = std::function<residual(const residual&)>;

struct checkpoint_function : torch::autograd::Function<checkpoint_function> {
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const at::Tensor& stream,
                                                  const at::Tensor& normalized, const residual_map& through) {
        const residual out = through({stream, normalized});  // without gradients: the engine runs this under a guard
        context->save_for_backward({stream, normalized});
        context->saved_data["through"] = c10::IValue::make_capsule(c10::make_intrusive<holder>(through));
        return {out.stream, out.normalized};
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor stream = saved[0].detach().requires_grad_(), normalized = saved[1].detach().requires_grad_();
        const residual_map& through =
            c10::static_intrusive_pointer_cast<holder>(context->saved_data["through"].toCapsule())->through;
        const at::AutoGradMode with_gradients{true};
        const residual out = through({stream, normalized});
        torch::autograd::variable_list outputs, given;
        if (gradients[0].defined()) outputs.push_back(out.stream), given.push_back(gradients[0]);
        if (gradients[1].defined()) outputs.push_back(out.normalized), given.push_back(gradients[1]);
        torch::autograd::backward(outputs, given);
        return {stream.grad(), normalized.grad(), at::Tensor{}};
    }

private:
    struct holder : torch::CustomClassHolder {
        explicit holder(residual_map t) : through{std::move(t)} {}
        residual_map through;
    };
};

}  // namespace detail

/// `through(in)`, differentiable, without keeping anything but `in`: the backward pass computes it again.
/// @param through adds weights' gradients in place, as this library's operators do
inline residual checkpointed(const std::function<residual(const residual&)>& through, const residual& in) {
    const torch::autograd::variable_list out = detail::checkpoint_function::apply(in.stream, in.normalized, through);
    return {out[0], out[1]};
}

}  // namespace aha
