#pragma once

#include <ATen/core/Tensor.h>
#include <functional>

#include <aha/core/collective.hpp>

namespace aha {

/// How ranks that each hold a part of something exchange it, for a model that is spread over them. Every rank calls in
/// the same order.
struct shard_collectives {
    int rank = 0;  ///< this one
    int size = 1;  ///< of how many
    /// Begins to give every rank the parts of all: [n] to [size n].
    std::function<collective(const at::Tensor& part, const at::Tensor& whole)> gather;
    /// Begins to add tensors over the ranks and to give each its part of the sum: [size n] to [n].
    std::function<collective(const at::Tensor& whole, const at::Tensor& part)> sum_parts;
};

}  // namespace aha
