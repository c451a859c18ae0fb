#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/kernels/parallel_tasks.hpp>
#include <aha/kernels/small_product.hpp>
#include <aha/kernels/with_type.hpp>
#include <aha/model/ops/attention_rows.hpp>
#include <aha/model/ops/segment_attention.hpp>
#include <aha/model/ops/tree_attention_tasks.hpp>

namespace aha {
namespace detail {

/// Queries, keys and values as views of a packed projection.
struct packed_heads {
    at::Tensor q, k, v;
    packed_heads(const at::Tensor& qkv, const head_layout& l)
        : q{qkv.narrow(1, 0, l.heads)},
          k{qkv.narrow(1, l.heads, l.key_heads)},
          v{qkv.narrow(1, l.heads + l.key_heads, l.key_heads)} {}
};

/// Calls `f` with the engine for devices other than the CPU, and with `qkv` in its type.
template <class F>
auto with_segment_engine(const at::Tensor& qkv, at::ScalarType type, F f) {
    if (qkv.is_cuda() && type == at::kBFloat16 && qkv.size(2) % 8 == 0 && qkv.size(2) <= 256)
        return f(flash_segments{}, qkv.to(type));
    return f(plain_segments{}, qkv);
}

using shared_trees = std::shared_ptr<const std::vector<token_tree>>;

/// @return the result [T, H, d] in `type`, and the log-sums of the scores: [T, H] on the CPU, [H, T] elsewhere
inline std::pair<at::Tensor, at::Tensor> attend_trees(const at::Tensor& qkv, const head_layout& l,
                                                      const std::vector<token_tree>& trees, at::ScalarType type) {
    if (!qkv.is_cpu())
        return with_segment_engine(qkv, type, [&]<class Engine>(Engine, const at::Tensor& all) {
            const packed_heads h{all, l};
            const attended a = attend_segments<Engine>(h.q, h.k, h.v, tree_segments{trees, qkv.device()});
            return std::pair{a.out.to(type), a.sums};
        });
    const at::Tensor out = at::empty({qkv.size(0), l.heads, l.width}, qkv.options().dtype(type));
    const at::Tensor sums = at::empty({qkv.size(0), l.heads}, qkv.options());
    with_type(type, [&]<class Out>(Out*) {
        const float* const in = qkv.const_data_ptr<float>();
        Out* const to = out.mutable_data_ptr<Out>();
        float* const kept = sums.mutable_data_ptr<float>();
        const std::vector<tree_part> parts = parts_of(trees);
        parallel_tasks(std::ssize(parts) * l.key_heads, [&] {
            return [&, in, to, kept](std::int64_t task) {
                tree_attention_task(in, l, parts[static_cast<std::size_t>(task / l.key_heads)], task % l.key_heads, to,
                                    kept);
            };
        });
    });
    return {out, sums};
}

struct tree_attention_function : torch::autograd::Function<tree_attention_function> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& qkv, std::int64_t heads,
                              const shared_trees& trees, at::ScalarType type) {
        const auto [out, sums] = attend_trees(qkv, layout(qkv, heads), *trees, type);
        if (qkv.is_cpu()) context->save_for_backward({qkv, sums});
        else context->save_for_backward({qkv, sums, out});
        context->saved_data["heads"] = heads;
        context->saved_data["trees"] = c10::IValue::make_capsule(c10::make_intrusive<holder>(trees));
        return out;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &qkv = saved[0], &sums = saved[1];
        const head_layout l = layout(qkv, context->saved_data["heads"].toInt());
        const shared_trees trees =
            c10::static_intrusive_pointer_cast<holder>(context->saved_data["trees"].toCapsule())->trees;
        const at::Tensor g = gradients[0].contiguous();
        if (!qkv.is_cpu())
            return with_segment_engine(qkv, g.scalar_type(), [&]<class Engine>(Engine, const at::Tensor& all) {
                const packed_heads h{all, l};
                const attended_gradients r = attend_segments_backward<Engine>(g, h.q, h.k, h.v, {saved[2], sums},
                                                                              tree_segments{*trees, qkv.device()});
                return torch::autograd::variable_list{at::cat({r.q, r.k, r.v}, 1).to(at::kFloat), {}, {}, {}};
            });
        const at::Tensor result = at::empty_like(qkv);
        with_type(g.scalar_type(), [&]<class Out>(Out*) {
            const float *const in = qkv.const_data_ptr<float>(), *const kept = sums.const_data_ptr<float>();
            const Out* const from = g.const_data_ptr<Out>();
            float* const to = result.mutable_data_ptr<float>();
            const std::vector<tree_part> parts = parts_of(*trees);
            trunk_gradients trunks{parts, l};
            parallel_tasks(std::ssize(parts) * l.key_heads, [&] {
                return [&, in, kept, from, to](std::int64_t task) {
                    const std::int64_t n = task / l.key_heads, head = task % l.key_heads;
                    tree_attention_backward_task(in, l, parts[static_cast<std::size_t>(n)], head, from, kept, to,
                                                 trunks.of(n, head));
                };
            });
            trunks.add_up(to);
        });
        return {result, {}, {}, {}};
    }

    static head_layout layout(const at::Tensor& qkv, std::int64_t heads) {
        return {heads, (qkv.size(1) - heads) / 2, qkv.size(2)};
    }

private:
    struct holder : torch::CustomClassHolder {
        explicit holder(shared_trees t) : trees{std::move(t)} {}
        shared_trees trees;
    };
};

}  // namespace detail

/// Causal grouped-query attention over packed trees, differentiable. A segment's keys and values exist once for all
/// that continues it; a branch sees its path and itself. Probabilities live for a tile of queries at a time, in the
/// backward pass too.
/// @param qkv [T, H + 2 Hk, d] float32, contiguous: queries, keys, values; H a multiple of Hk
/// @param heads H
/// @param type of the result, float32 or bfloat16
/// @return [T, H, d]; throws `aha::error` for trees that do not make up the row
inline at::Tensor tree_attention(const at::Tensor& qkv, std::int64_t heads, const std::vector<token_tree>& trees,
                                 at::ScalarType type = at::kFloat) {
    require_trees_fill(trees, qkv.size(0));
    if (!at::GradMode::is_enabled())
        return detail::attend_trees(qkv, detail::tree_attention_function::layout(qkv, heads), trees, type).first;
    return detail::tree_attention_function::apply(qkv, heads, std::make_shared<const std::vector<token_tree>>(trees),
                                                  type);
}

}  // namespace aha
