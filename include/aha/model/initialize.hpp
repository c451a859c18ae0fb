#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <cstdint>
#include <string>

#include <aha/core/parameters.hpp>
#include <aha/core/random.hpp>

namespace aha {

/// Fills a new model's weights as transformers does: matrices from a normal distribution, whether or not weight decay
/// applies to them; of vectors those whose name ends with "bias" 0, the others, which are norms, 1. Equal seeds give
/// equal weights on every machine.
/// @param deviation standard deviation of the matrices (transformers' `initializer_range`)
template <class Model>
void initialize(Model& model, std::uint64_t seed, double deviation = 0.02) {
    const at::NoGradGuard no_gradients;
    const parameters& weights = model.weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const parameters::slot& slot = weights.at(i);
        if (slot.shape.size() < 2) {  // a vector; a matrix may be free of weight decay too
            weights[i].fill_(slot.name.ends_with("bias") ? 0.0 : 1.0);
            continue;
        }
        const random_stream random{{seed, 0, i, 0}};
        const at::Tensor drawn = at::empty(slot.shape, at::TensorOptions{}.dtype(at::kFloat));
        float* const values = drawn.mutable_data_ptr<float>();
        for (std::int64_t n = 0; n < drawn.numel(); ++n)
            values[n] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(n)));
        weights[i].copy_(drawn);
    }
    model.refresh();
}

}  // namespace aha
