#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/norm.h>

namespace aha::test {

/// The norm of `a - b` by that of `b`.
inline double relative_error(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
}

}  // namespace aha::test
