#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/zeros_like.h>
#include <cstdint>
#include <torch/csrc/autograd/autograd.h>

#include <aha/core/error.hpp>

namespace aha::testing {

/// How `gradcheck` works.
struct gradcheck_options {
    double step = 0x1p-5;  ///< distance between points; a power of two, so that adding it to a float32 is nearly exact
};

/// The gradient of a function by autograd and by differences.
struct gradcheck_result {
    at::Tensor automatic;  ///< what backward left in the leaf's gradient, shape of the leaf
    at::Tensor numeric;    ///< float64, same shape
};

/// Differentiates sum(probe * f()) with respect to `leaf`, by autograd and by central differences of fourth order
/// (f(-2h) - 8 f(-h) + 8 f(h) - f(2h)) / 12h. `probe` holds fixed numbers of both signs, so that no term of f hides
/// behind another. The step is wide and the sum over terms is in double, so that float32 functions can be checked:
/// expect about 1e-4 of agreement where f is smooth within two steps of the leaf's entries.
/// @param f called without arguments; gives a tensor of any shape that depends on `leaf`. It must read `leaf` afresh at
///     each call, and its result must be the same for the same leaf.
/// @param leaf a contiguous leaf on the CPU that requires a gradient. Changed in place and put back, like its gradient;
///     gradients of other leaves are added to.
template <class Function>
gradcheck_result gradcheck(const Function& f, const at::Tensor& leaf, const gradcheck_options& options = {}) {
    require(leaf.is_leaf() && leaf.requires_grad(), "gradcheck needs a leaf that requires a gradient");
    require(leaf.is_cpu() && leaf.is_contiguous(), "gradcheck needs a contiguous leaf on the CPU");
    const auto probed = [&f] {
        const at::Tensor terms = f();
        const at::Tensor probe = at::arange(1, terms.numel() + 1, at::kDouble).cos().view(terms.sizes());
        return (terms.to(at::kCPU, at::kDouble) * probe).sum();
    };
    gradcheck_result result;
    const at::Tensor gradient_before = leaf.grad();
    leaf.mutable_grad() = at::zeros_like(leaf);
    torch::autograd::backward({probed()}, {});
    result.automatic = leaf.grad();
    leaf.mutable_grad() = gradient_before;

    const at::NoGradGuard no_gradients;
    result.numeric = at::zeros_like(leaf, at::kDouble);
    const at::Tensor entries = leaf.detach().view(-1), numeric = result.numeric.view(-1);
    for (std::int64_t i = 0; i < entries.numel(); ++i) {
        const double x = entries[i].template item<double>();
        const auto at_offset = [&](double steps) {
            entries[i].fill_(x + steps * options.step);
            return probed().template item<double>();
        };
        const double narrow = at_offset(1) - at_offset(-1), wide = at_offset(2) - at_offset(-2);
        numeric[i].fill_((8 * narrow - wide) / (12 * options.step));
        entries[i].fill_(x);
    }
    return result;
}

}  // namespace aha::testing
