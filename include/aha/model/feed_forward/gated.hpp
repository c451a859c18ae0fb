#pragma once

#include <ATen/core/Tensor.h>
#include <string>
#include <vector>

#include <aha/core/parameters.hpp>
#include <aha/model/files/decoder_config.hpp>
#include <aha/model/ops/gated_linear.hpp>
#include <aha/model/ops/linear.hpp>
#include <aha/model/weight_store.hpp>

namespace aha {

/// The SwiGLU feed-forward block (Shazeer 2020) of Llama and Qwen: `down(silu(gate x) * up x)`; gate and up are one
/// product. A filling of `decoder`'s feed-forward slot.
template <class Tensor>
class gated_feed_forward {
public:
    /// The parameters of a layer.
    static std::vector<parameters::slot> slots(const decoder_config& c, const std::string& layer) {
        return {{layer + "mlp.gate_up_proj.weight", {2 * c.intermediate_size, c.hidden_size}},
                {layer + "mlp.down_proj.weight", {c.hidden_size, c.intermediate_size}}};
    }

    /// Where the tensors of a file go.
    static std::vector<weight_part> parts(const decoder_config& c, const std::string& layer) {
        const std::string mlp = layer + "mlp.", slot = mlp + "gate_up_proj.weight";
        return {{mlp + "gate_proj.weight", slot, 0, c.intermediate_size},
                {mlp + "up_proj.weight", slot, c.intermediate_size, c.intermediate_size},
                {mlp + "down_proj.weight", mlp + "down_proj.weight", 0, c.hidden_size}};
    }

    /// Takes its weights from `store`, from slot `first` on.
    gated_feed_forward(const decoder_config&, const weight_store<Tensor>& store, std::size_t first)
        : gate_up_{store.view(first)}, down_{store.view(first + 1)} {}

    /// [T, D] compute type to [T, D] compute type, differentiable.
    at::Tensor forward(const at::Tensor& x) const { return gated_linear(aha::linear(x, gate_up_), down_); }

private:
    weight_view gate_up_, down_;
};

}  // namespace aha
