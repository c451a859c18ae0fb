#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/index_select.h>
#include <torch/csrc/autograd/custom_function.h>

namespace aha {
namespace detail {

struct embedding_function : torch::autograd::Function<embedding_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& leaf,
                              const at::Tensor& ids) {
        context->saved_data["leaf"] = leaf;
        context->save_for_backward({ids});
        return leaf.index_select(0, ids);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const at::Tensor leaf = context->saved_data["leaf"].toTensor();
        leaf.grad().index_add_(0, context->get_saved_variables()[0], gradients[0]);
        return {at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace detail

/// Rows `ids` of an embedding table, differentiable; the gradient is added to `leaf.grad()` in place, without a dense
/// copy of the table.
/// @param leaf [V, D] float32
/// @param ids [T] int64
/// @return [T, D] float32
inline at::Tensor embedding(const at::Tensor& leaf, const at::Tensor& ids) {
    return detail::embedding_function::apply(leaf, ids);
}

}  // namespace aha
