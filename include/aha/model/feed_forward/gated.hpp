#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <algorithm>
#include <string>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

#include <aha/core/kernels_namespace.hpp>
#include <aha/core/parameters.hpp>
#include <aha/kernels/dispatch.hpp>
#include <aha/kernels/elementwise.cuh>
#include <aha/kernels/fast_exp.hpp>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/product.hpp>
#include <aha/kernels/with_type.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/ops/add_bias.hpp>
#include <aha/model/ops/linear.hpp>
#include <aha/model/weight_store.hpp>

namespace aha::detail::inline AHA_KERNELS_NAMESPACE {

template <class T>
void gated_silu_rows(const T* gate_up, T* y, std::int64_t rows, std::int64_t width) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 8192 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const T *gate = gate_up + 2 * t * width, *up = gate + width;
            T* out = y + t * width;
            for (std::int64_t i = 0; i < width; ++i) {
                const float g = static_cast<float>(gate[i]);
                out[i] = static_cast<T>(g / (1.0F + fast_exp(-g)) * static_cast<float>(up[i]));
            }
        }
    });
}

template <class T>
void gated_silu_rows_backward(const T* gate_up, const T* gy, T* gx, std::int64_t rows, std::int64_t width) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, 8192 / width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
            const T *gate = gate_up + 2 * t * width, *up = gate + width, *g_out = gy + t * width;
            T *d_gate = gx + 2 * t * width, *d_up = d_gate + width;
            for (std::int64_t i = 0; i < width; ++i) {
                const float g = static_cast<float>(gate[i]), d = static_cast<float>(g_out[i]);
                const float s = 1.0F / (1.0F + fast_exp(-g));
                d_gate[i] = static_cast<T>(d * static_cast<float>(up[i]) * s * (1.0F + g * (1.0F - s)));
                d_up[i] = static_cast<T>(d * g * s);
            }
        }
    });
}

/// silu(gate) * up: [T, 2F] to [T, F].
inline at::Tensor gated_silu(const at::Tensor& gate_up) {
    const std::int64_t rows = gate_up.size(0), width = gate_up.size(1) / 2;
    const auto on_cpu = [&] {
        const at::Tensor y = at::empty({rows, width}, gate_up.options());
        with_type(y.scalar_type(), [&]<class T>(T*) {
            gated_silu_rows(gate_up.const_data_ptr<T>(), y.mutable_data_ptr<T>(), rows, width);
        });
        return y;
    };
    const auto by_kernel = [&] {
        const at::Tensor y = at::empty({rows, width}, gate_up.options());
        with_type(y.scalar_type(), [&]<class T>(T*) {
            using gate = gate_numbers<T>;
            launch(gate{.gate_up = gate_up.const_data_ptr<T>(),
                        .rows = rows,
                        .width = width,
                        .out = y.mutable_data_ptr<T>()},
                   (rows * width + gate::per_block - 1) / gate::per_block, y.device());
        });
        return y;
    };
    return dispatch(gate_up.device(), on_cpu, by_kernel,
                    [&] { return at::silu(gate_up.narrow(1, 0, width)) * gate_up.narrow(1, width, width); });
}

inline at::Tensor gated_silu_backward(const at::Tensor& gate_up, const at::Tensor& gy) {
    const std::int64_t rows = gate_up.size(0), width = gate_up.size(1) / 2;
    const auto on_cpu = [&] {
        const at::Tensor gx = at::empty_like(gate_up);
        with_type(gx.scalar_type(), [&]<class T>(T*) {
            gated_silu_rows_backward(gate_up.const_data_ptr<T>(), gy.const_data_ptr<T>(), gx.mutable_data_ptr<T>(),
                                     rows, width);
        });
        return gx;
    };
    const auto by_kernel = [&] {
        const at::Tensor gx = at::empty_like(gate_up);
        with_type(gx.scalar_type(), [&]<class T>(T*) {
            using backward = gate_numbers_backward<T>;
            launch(backward{.gate_up = gate_up.const_data_ptr<T>(),
                            .gradient = gy.const_data_ptr<T>(),
                            .rows = rows,
                            .width = width,
                            .out = gx.mutable_data_ptr<T>()},
                   (rows * width + backward::per_block - 1) / backward::per_block, gx.device());
        });
        return gx;
    };
    return dispatch(gate_up.device(), on_cpu, by_kernel, [&] {
        const at::Tensor gate = gate_up.narrow(1, 0, width), up = gate_up.narrow(1, width, width);
        const at::Tensor s = at::sigmoid(gate);
        return at::cat({gy * up * s * (gate * (1 - s) + 1), gy * gate * s}, 1);
    });
}

struct gated_linear_function : torch::autograd::Function<gated_linear_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& gate_up,
                              const at::Tensor& leaf, const weight_view& weight) {
        context->save_for_backward({gate_up});
        context->saved_data["leaf"] = leaf;
        context->saved_data["compute"] = weight.compute;
        return product_with(gated_silu(gate_up), weight);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const at::Tensor gate_up = context->get_saved_variables()[0], gy = gradients[0].contiguous();
        accumulate_product(context->saved_data["leaf"].toTensor(), gy, gated_silu(gate_up));
        return {gated_silu_backward(gate_up, matmul_nn(gy, context->saved_data["compute"].toTensor())), at::Tensor{},
                at::Tensor{}};
    }
};

}  // namespace aha::detail::inline AHA_KERNELS_NAMESPACE

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// The second half of SwiGLU (Shazeer 2020): `(silu(gate) * up) W^T`, the gate computed in float32, differentiable. The
/// gated values are computed again in the backward pass instead of being kept: they are a third of what a block saves.
/// @param gate_up [T, 2F], the gate's columns first, contiguous
/// @param weight [D, F]
/// @return [T, D] in the same type
inline at::Tensor gated_linear(const at::Tensor& gate_up, const weight_view& weight) {
    if (!at::GradMode::is_enabled()) return detail::product_with(detail::gated_silu(gate_up), weight);
    return detail::gated_linear_function::apply(gate_up, weight.leaf, weight);
}

/// The SwiGLU feed-forward block (Shazeer 2020) of Llama and Qwen: `down(silu(gate x) * up x)`; gate and up are one
/// product, and all may have a bias. A `decoder`'s default feed-forward block.
template <class Tensor>
class gated_feed_forward {
public:
    /// The parameters of a layer.
    static std::vector<parameters::slot> slots(const decoder_config& c, const std::string& layer) {
        std::vector<parameters::slot> all{{layer + "mlp.gate_up_proj.weight", {2 * c.intermediate_size, c.hidden_size}},
                                          {layer + "mlp.down_proj.weight", {c.hidden_size, c.intermediate_size}}};
        if (c.mlp_bias) {
            all.push_back({layer + "mlp.gate_up_proj.bias", {2 * c.intermediate_size}, false});
            all.push_back({layer + "mlp.down_proj.bias", {c.hidden_size}, false});
        }
        return all;
    }

    /// Where the tensors of a file go.
    static std::vector<weight_part> parts(const decoder_config& c, const std::string& layer) {
        std::vector<weight_part> all;
        for (const std::string kind : {"weight", "bias"}) {
            if (kind == "bias" && !c.mlp_bias) continue;
            const std::string mlp = layer + "mlp.", slot = mlp + "gate_up_proj." + kind,
                              down = mlp + "down_proj." + kind;
            all.push_back({mlp + "gate_proj." + kind, slot, 0, c.intermediate_size});
            all.push_back({mlp + "up_proj." + kind, slot, c.intermediate_size, c.intermediate_size});
            all.push_back({down, down, 0, c.hidden_size});
        }
        return all;
    }

    /// Takes its weights from `store`, from slot `first` on.
    gated_feed_forward(const decoder_config& c, const weight_store<Tensor>& store, std::size_t first)
        : gate_up_{store.view(first)}, down_{store.view(first + 1)} {
        if (!c.mlp_bias) return;
        gate_up_bias_ = store.leaf(first + 2);
        down_bias_ = store.leaf(first + 3);
    }

    /// [T, D] compute type to [T, D] compute type, differentiable.
    at::Tensor forward(const at::Tensor& x) const {
        return add_bias(gated_linear(add_bias(aha::linear(x, gate_up_), gate_up_bias_), down_), down_bias_);
    }

private:
    weight_view gate_up_, down_;
    at::Tensor gate_up_bias_, down_bias_;  // undefined unless the configuration has them
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
