#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/native/CPUBlas.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <vector>

#include <aha/kernels/parallel_tasks.hpp>
#include <aha/kernels/product.hpp>

/// Products with the head of a language model, whose logits are float32 whatever the type of products: a logit of 30 in
/// bfloat16 is off by up to 0.06, and so is the log-prob that is made of it.
namespace aha {
namespace detail {

/// How many of a weight's rows stand together in `paired_rows`.
inline constexpr std::int64_t rows_in_block = 64;

/// A bfloat16 weight [N, K] as the processor's products of bfloat16 pairs read it: [N / 64, K / 2, 64, 2], the rows
/// filled up with zeros to whole blocks.
inline at::Tensor paired_rows(const at::Tensor& weight) {
    const std::int64_t n = weight.size(0), pairs = weight.size(1) / 2, blocks = (n + rows_in_block - 1) / rows_in_block;
    const at::Tensor from = weight.contiguous(), to = at::zeros({blocks, pairs, rows_in_block, 2}, weight.options());
    const auto* const in = static_cast<const char*>(from.const_data_ptr());
    auto* const out = static_cast<char*>(to.mutable_data_ptr());
    constexpr std::int64_t size = 2 * sizeof(at::BFloat16);
    at::parallel_for(0, blocks, 1, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t b = begin; b < end; ++b)
            for (std::int64_t row = 0; row < std::min(rows_in_block, n - b * rows_in_block); ++row)
                for (std::int64_t k = 0; k < pairs; ++k)
                    std::memcpy(out + ((b * pairs + k) * rows_in_block + row) * size,
                                in + ((b * rows_in_block + row) * pairs + k) * size, size);
    });
    return to;
}

/// x W^T in float32 of a weight laid out by `paired_rows`.
/// @param x [M, K] bfloat16, contiguous
/// @param rows N
inline at::Tensor multiply_pairs(const at::Tensor& x, const at::Tensor& paired, std::int64_t rows) {
    const std::int64_t m = x.size(0), k = x.size(1);
    at::Tensor result = at::empty({m, rows}, x.options().dtype(at::kFloat));
    const at::BFloat16 *const a = x.const_data_ptr<at::BFloat16>(), *const b = paired.const_data_ptr<at::BFloat16>();
    float* const c = result.mutable_data_ptr<float>();
    /// Frees what a thread holds of the processor's matrix unit.
    struct matrix_unit {
        ~matrix_unit() { at::native::cpublas::brgemm_release(); }
    };
    parallel_tasks(paired.size(0), [=] {
        return [=, unit = matrix_unit{}, rest = std::vector<float>{}](std::int64_t block) mutable {
            const std::int64_t first = block * rows_in_block, columns = std::min(rows_in_block, rows - first);
            for (std::int64_t from = 0; from < m;) {
                std::int64_t count = 64;  // a power of two: each count of rows is a kernel made at first use
                while (count > m - from) count /= 2;
                float* to = c + from * rows + first;
                if (columns < rows_in_block) {
                    rest.resize(static_cast<std::size_t>(count * rows_in_block));
                    to = rest.data();
                }
                at::native::cpublas::brgemm(count, rows_in_block, k, k, rows_in_block,
                                            columns < rows_in_block ? rows_in_block : rows, false, a + from * k,
                                            b + block * k * rows_in_block, to);
                if (columns < rows_in_block)
                    for (std::int64_t row = 0; row < count; ++row)
                        std::copy_n(rest.data() + row * rows_in_block, columns, c + (from + row) * rows + first);
                from += count;
            }
        };
    });
    return result;
}

/// Whether the processor multiplies pairs of bfloat16 numbers, and reads them as `paired_rows` lays them out, found out
/// by a product of small whole numbers, which is exact.
inline bool multiplies_pairs() {
    static const bool does = [] {
        try {
            constexpr std::int64_t m = 64, k = 64;
            const auto left = [](std::int64_t row, std::int64_t i) { return static_cast<float>((row + 3 * i) % 7); };
            const auto right = [](std::int64_t row, std::int64_t i) { return static_cast<float>((5 * row + i) % 11); };
            std::vector<at::BFloat16> x(m * k), paired(k * rows_in_block);
            for (std::int64_t row = 0; row < m; ++row)
                for (std::int64_t i = 0; i < k; ++i) {
                    x[static_cast<std::size_t>(row * k + i)] = left(row, i);
                    paired[static_cast<std::size_t>((i / 2 * rows_in_block + row) * 2 + i % 2)] = right(row, i);
                }
            std::vector<float> result(m * rows_in_block);
            at::native::cpublas::brgemm(m, rows_in_block, k, k, rows_in_block, rows_in_block, false, x.data(),
                                        paired.data(), result.data());
            at::native::cpublas::brgemm_release();
            for (std::int64_t row = 0; row < m; ++row)
                for (std::int64_t column = 0; column < rows_in_block; ++column) {
                    float sum = 0;
                    for (std::int64_t i = 0; i < k; ++i) sum += left(row, i) * right(column, i);
                    if (result[static_cast<std::size_t>(row * rows_in_block + column)] != sum) return false;
                }
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }();
    return does;
}

/// Whether this LibTorch multiplies bfloat16 matrices into a float32 one on a GPU.
inline bool multiplies_in_float(const at::Device& device) {
    static const bool does = [&] {
        const at::Tensor one = at::zeros({16, 16}, at::TensorOptions{}.dtype(at::kBFloat16).device(device));
        try {
            return at::mm(one, one, at::kFloat).scalar_type() == at::kFloat;
        } catch (const c10::Error&) {
            return false;
        }
    }();
    return does;
}

}  // namespace detail

/// `weight` [N, K] in the layout of `product_in_float`, or an undefined tensor where there is none. It does not follow
/// later changes of `weight`. On processors without products of bfloat16 it is a float32 copy.
inline at::Tensor blocked_in_float(const at::Tensor& weight) {
    if (!weight.is_cpu() || weight.scalar_type() == at::kFloat) return blocked(weight);
    if (weight.scalar_type() == at::kBFloat16 && weight.size(1) % 2 == 0 && detail::multiplies_pairs())
        return detail::paired_rows(weight.detach());
    return blocked(weight.detach().to(at::kFloat));
}

/// x W^T in float32, of numbers in the type of products.
/// @param x [M, K]
/// @param weight [N, K]
/// @param layout of the same weight, from `blocked_in_float`; may be undefined
/// @return [M, N] float32
inline at::Tensor product_in_float(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& layout) {
    if (x.scalar_type() == at::kFloat) return product(x, weight, layout);
    if (x.is_cuda())
        return detail::multiplies_in_float(x.device()) ? at::mm(x, weight.t(), at::kFloat)
                                                       : at::linear(x, weight).to(at::kFloat);
    if (!layout.defined()) return at::linear(x.to(at::kFloat), weight.to(at::kFloat));
    if (layout.dim() == 4) return detail::multiply_pairs(x.contiguous(), layout, weight.size(0));
    if (layout.scalar_type() == at::kFloat) return product(x.to(at::kFloat), weight, layout);
    return product(x, weight, layout).to(at::kFloat);  // a layout of `blocked`
}

}  // namespace aha
