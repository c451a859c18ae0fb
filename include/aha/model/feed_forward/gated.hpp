#pragma once

#include <ATen/core/Tensor.h>
#include <string>
#include <vector>

#include <aha/core/parameters.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/ops/add_bias.hpp>
#include <aha/model/ops/gated_linear.hpp>
#include <aha/model/ops/linear.hpp>
#include <aha/model/weight_store.hpp>

namespace aha {

/// The SwiGLU feed-forward block (Shazeer 2020) of Llama and Qwen: `down(silu(gate x) * up x)`; gate and up are one
/// product, and all may have a bias. A filling of `decoder`'s feed-forward slot.
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

}  // namespace aha
