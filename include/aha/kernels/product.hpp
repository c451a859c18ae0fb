#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <optional>
#include <string_view>

#include <aha/kernels/waiting_threads.hpp>

/// Products with a weight that is used many times before it changes. LibTorch's oneDNN operators take such a weight in
/// their own blocked layout, which saves laying it out at every use: decoding with a few dozen rows gains most. Where
/// LibTorch was built without them, products take the plain weight.
namespace aha {
namespace detail {

/// A typed handle of one of LibTorch's operators, or nothing if this build has none of that name.
template <class Signature>
std::optional<c10::TypedOperatorHandle<Signature>> find_operator(const char* name) {
    const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
    if (!found) return std::nullopt;
    return found->template typed<Signature>();
}

using blocked_product_signature = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                             std::string_view, c10::List<std::optional<at::Scalar>>,
                                             std::optional<std::string_view>);
using block_weight_signature = at::Tensor(const at::Tensor&, std::optional<c10::SymInt>);

inline const std::optional<c10::TypedOperatorHandle<blocked_product_signature>>& blocked_product() {
    static const auto handle = find_operator<blocked_product_signature>("mkldnn::_linear_pointwise");
    return handle;
}

/// Whether LibTorch's default for float32, MKL, is no slower than oneDNN for x W: it takes half to all of oneDNN's time
/// on Intel's processors, and a tenth more on others.
inline bool default_is_faster() {
#if defined(__x86_64__)
    static const bool intel = __builtin_cpu_is("intel") != 0;
    return intel;
#else
    return false;
#endif
}

inline at::Tensor call_blocked_product(const at::Tensor& x, const at::Tensor& weight) {
    return blocked_product()->call(x, weight, std::nullopt, "none", c10::List<std::optional<at::Scalar>>{}, "");
}

inline const std::optional<c10::TypedOperatorHandle<block_weight_signature>>& block_weight() {
    static const auto handle = find_operator<block_weight_signature>("mkldnn::_reorder_linear_weight");
    return handle;
}

/// Whether this processor has what oneDNN's operators want for numbers of this type: bfloat16 wants AVX-512.
inline bool blocks(at::ScalarType type) {
    const auto tried = [](at::ScalarType of) {
        if (!block_weight() || !blocked_product()) return false;
        try {
            const at::Tensor one = at::zeros({16, 16}, at::TensorOptions{}.dtype(of));
            call_blocked_product(one, block_weight()->call(one, c10::SymInt{16}));
            return true;
        } catch (const c10::Error&) {
            return false;
        }
    };
    static const bool single = tried(at::kFloat), brain = tried(at::kBFloat16), half = tried(at::kHalf);
    return type == at::kFloat ? single : type == at::kBFloat16 ? brain : type == at::kHalf && half;
}

}  // namespace detail

/// `weight` [N, K] in the layout of `product`, or an undefined tensor where there is none (no such operator, another
/// device, a type that the processor cannot). It does not follow later changes of `weight`.
inline at::Tensor blocked(const at::Tensor& weight) {
    constexpr std::int64_t typical_rows = 64;  // layouts for other numbers of rows are no faster
    if (!weight.is_cpu() || !detail::blocks(weight.scalar_type())) return {};
    return detail::block_weight()->call(weight.detach(), c10::SymInt{typical_rows});
}

/// x W^T.
/// @param x [M, K]
/// @param weight [N, K]
/// @param layout of the same weight, from `blocked`; may be undefined
/// @return [M, N]
inline at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& layout) {
    if (x.is_cpu()) detail::watch_neighbors();
    return layout.defined() ? detail::call_blocked_product(x, layout) : at::linear(x, weight);
}

/// x W, as the gradient of `product` needs it.
/// @param x [M, N]
/// @param weight [N, K]
/// @return [M, K]
inline at::Tensor matmul_nn(const at::Tensor& x, const at::Tensor& weight) {
    if (x.scalar_type() == at::kFloat && x.is_cpu() && !detail::default_is_faster() && detail::blocked_product())
        return detail::call_blocked_product(x, weight.t());
    return at::mm(x, weight);
}

namespace detail {

/// Whether this LibTorch adds a product of bfloat16 matrices to a float32 one on a GPU without one in between.
inline bool adds_products_in_float(const at::Device& device) {
    static const bool does = [&] {
        const auto narrow = at::TensorOptions{}.dtype(at::kBFloat16).device(device);
        at::Tensor sum = at::zeros({16, 16}, narrow.dtype(at::kFloat));
        const at::Tensor one = at::zeros({16, 16}, narrow);
        try {
            at::addmm_out(sum, sum, one, one, at::kFloat);
            return true;
        } catch (const c10::Error&) {
            return false;
        }
    }();
    return does;
}

}  // namespace detail

/// Adds a b to `sum`, which may be float32 where the others are not.
/// @param sum [M, N]
/// @param a [M, K]
/// @param b [K, N]
inline void add_product(at::Tensor sum, const at::Tensor& a, const at::Tensor& b) {
    if (a.scalar_type() == sum.scalar_type()) sum.addmm_(a, b);
    else if (sum.is_cuda() && detail::adds_products_in_float(sum.device()))
        at::addmm_out(sum, sum, a, b, sum.scalar_type());
    else sum.add_(at::mm(a, b));
}

}  // namespace aha
