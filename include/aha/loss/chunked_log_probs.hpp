#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/kernels/fast_exp.hpp>
#include <aha/kernels/float_product.hpp>
#include <aha/kernels/lanes.hpp>
#include <aha/kernels/dispatch.hpp>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/log_sum.hpp>
#include <aha/kernels/product.hpp>
#include <aha/kernels/score_rows.cuh>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// How `compute_log_probs` works.
struct log_prob_options {
    double temperature = 1;               ///< divides the logits
    bool entropy = false;                 ///< compute the entropies too
    std::int64_t chunk_bytes = 64 << 20;  ///< of logits at a time, on a GPU four times as many; a memory limit, results
                                          ///< do not depend on it
    std::int64_t keep_bytes = 0;          ///< logits up to this size in all are kept for the backward pass

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(temperature > 0 && std::isfinite(temperature), "temperature must be positive, not ", temperature);
        require(chunk_bytes > 0, "chunk_bytes must be positive, not ", chunk_bytes);
        require(keep_bytes >= 0, "keep_bytes must be 0 (none) or more, not ", keep_bytes);
    }
};

/// What a model says of given tokens.
struct token_log_probs {
    at::Tensor log_probs;  ///< [N] float32, log softmax(logits / temperature)[target], differentiable
    at::Tensor entropies;  ///< [N] float32, nats, of the same distribution, differentiable; undefined unless asked for
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE

namespace aha::detail::inline AHA_KERNELS_NAMESPACE {

/// Per row: log-sum of logits / T, log-prob of the target, entropy if `entropy` is not null.
template <class Value>
void score_rows(const Value* logits, const std::int64_t* targets, float inverse, std::int64_t rows,
                std::int64_t vocabulary, float* sums, float* log_probs, float* entropy) {
    at::parallel_for(0, rows, 1, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
            const std::span<const Value> row{logits + n * vocabulary, static_cast<std::size_t>(vocabulary)};
            const log_sum sum = log_sum_of(row, inverse);
            const double z = sum.value(inverse);
            sums[n] = static_cast<float>(z);
            log_probs[n] = static_cast<float>(
                static_cast<double>(inverse) * static_cast<float>(row[static_cast<std::size_t>(targets[n])]) - z);
            if (entropy != nullptr) entropy[n] = static_cast<float>(entropy_of(row, sum, inverse));
        }
    });
}

/// Turns a row of logits into the row of their gradients: with y = log p, d log_prob = (onehot - p) / T and
/// d entropy = -p (y + H) / T. Both sum to zero over the vocabulary, so the entry of a likely target is minus the sum
/// of the others: 1 - p of a token that is all but certain would be the difference of equal numbers.
/// @param logits destroyed
/// @param gradients where the logits are if they are float32
template <class Value>
void score_rows_backward(float* logits, const std::int64_t* targets, float inverse, std::int64_t rows,
                         std::int64_t vocabulary, const float* sums, const float* entropy, const float* g_log_prob,
                         const float* g_entropy, Value* gradients) {
    at::parallel_for(0, rows, 1, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
            float* const row = logits + n * vocabulary;
            const float z = sums[n], g = g_log_prob[n] * inverse;
            const float h = g_entropy == nullptr ? 0 : g_entropy[n] * inverse;
            const float mean = g_entropy == nullptr ? 0 : entropy[n];
            const float at_target = inverse * row[targets[n]] - z, p = std::exp(at_target);
            row[targets[n]] = -std::numeric_limits<float>::infinity();  // no part of the others' sum
            double others = 0;
            constexpr auto stretch = static_cast<std::int64_t>(log_sum_block);
            for (std::int64_t from = 0; from < vocabulary; from += stretch) {
                float* const x = row + from;
                const std::int64_t count = std::min(stretch, vocabulary - from);
                const auto add = [&](auto slope) {
                    others += lane_sum(count, [=](std::int64_t i) {
                        const float y = std::max(inverse * x[i] - z, -200.0F);  // a suppressed token's is -infinity
                        return x[i] = y < -87.0F ? 0.0F : -fast_exp(y) * slope(y);
                    });
                };
                if (g_entropy == nullptr) add([=](float) { return g; });
                else add([=](float y) { return g + h * (y + mean); });
            }
            Value* const to = gradients + n * vocabulary;
            if constexpr (!std::same_as<Value, float>)
                for (std::int64_t i = 0; i < vocabulary; ++i) to[i] = static_cast<Value>(row[i]);
            const double target = p > 0.5F ? -others : p > 0 ? g - p * (g + h * (at_target + mean)) : g;
            to[targets[n]] = static_cast<Value>(target);
        }
    });
}

struct score_function : torch::autograd::Function<score_function> {
    using context_type = torch::autograd::AutogradContext;

    static std::int64_t rows_at_once(std::int64_t vocabulary, std::int64_t element, std::int64_t chunk_bytes) {
        return std::max<std::int64_t>(1, chunk_bytes / (vocabulary * element));
    }

    /// Bytes that an entry of a chunk takes: its logit, and its gradient where that has another type.
    static std::int64_t bytes_of_logit(const at::Tensor& hidden) {
        return hidden.scalar_type() == at::kFloat ? 4 : 4 + hidden.element_size();
    }

    /// Whether the head's own temporaries may have its size: on the CPU, whose products lay it out anew, if it is
    /// small.
    static bool fits(const at::Tensor& head, std::int64_t chunk_bytes) {
        return !head.is_cpu() || head.numel() * head.element_size() <= chunk_bytes;
    }

    /// Calls `body(from, n)` for stretches of the vocabulary. Products lay their operands out anew, and several such
    /// copies live at once: a head larger than a chunk is taken an eighth of a chunk at a time.
    template <class Body>
    static void for_each_stretch(const at::Tensor& head, std::int64_t chunk_bytes, Body body) {
        const std::int64_t stretch =
            fits(head, chunk_bytes) ? head.size(0) : rows_at_once(head.size(1), head.element_size(), chunk_bytes / 8);
        for (std::int64_t from = 0; from < head.size(0); from += stretch)
            body(from, std::min(stretch, head.size(0) - from));
    }

    /// Logits [n, V], float32, of hidden states [n, D].
    /// @param last [n or more, V] of the chunk before, to be overwritten where possible; may be undefined
    static at::Tensor logits_of(const at::Tensor& h, const at::Tensor& head, const at::Tensor& layout, at::Tensor last,
                                std::int64_t chunk_bytes) {
        if (layout.defined() || fits(head, chunk_bytes)) {
            last.reset();  // before the new one: never two at once
            return product_in_float(h, head, layout);
        }
        const at::Tensor logits = last.defined() ? last.narrow(0, 0, h.size(0))
                                                 : at::empty({h.size(0), head.size(0)}, h.options().dtype(at::kFloat));
        for_each_stretch(head, chunk_bytes, [&](std::int64_t from, std::int64_t n) {
            logits.narrow(1, from, n).copy_(product_in_float(h, head.narrow(0, from, n), {}));
        });
        return logits;
    }

    /// From the logits' gradient [n, V]: that of the hidden states is written to `out` [n, D], that of the head added
    /// to `head_gradient` [V, D] float32 unless it is undefined.
    static void spread_gradient(const at::Tensor& d, const at::Tensor& h, const at::Tensor& head, at::Tensor out,
                                const at::Tensor& head_gradient, std::int64_t chunk_bytes) {
        const bool whole = fits(head, chunk_bytes);
        at::Tensor sum = whole ? at::Tensor{} : at::zeros(out.sizes(), out.options().dtype(at::kFloat));
        for_each_stretch(head, chunk_bytes, [&](std::int64_t from, std::int64_t n) {
            const at::Tensor part = d.narrow(1, from, n), rows = head.narrow(0, from, n);
            if (whole) at::mm_out(out, part, rows);
            else if (d.scalar_type() == at::kFloat) sum.addmm_(part, rows);
            else sum.add_(at::mm(part, rows));
            if (!head_gradient.defined()) return;
            add_product(head_gradient.narrow(0, from, n), part.t(), h);
        });
        if (!whole) out.copy_(sum);
    }

    static torch::autograd::variable_list forward(context_type* context, const at::Tensor& hidden,
                                                  const at::Tensor& leaf, const lm_head& head,
                                                  const at::Tensor& targets, const log_prob_options& options) {
        const bool with_entropy = options.entropy;
        const std::int64_t total = hidden.size(0), vocabulary = head.compute.size(0);
        const at::TensorOptions wide = hidden.options().dtype(at::kFloat);
        const at::Tensor sums = at::empty({total}, wide), log_probs = at::empty({total}, wide);
        const at::Tensor entropies = at::empty({with_entropy ? total : 0}, wide);
        const auto inverse = static_cast<float>(1.0 / options.temperature);
        const std::int64_t chunk_bytes = options.chunk_bytes * (hidden.is_cpu() ? 1 : 4);
        const std::int64_t chunk = rows_at_once(vocabulary, bytes_of_logit(hidden), chunk_bytes);
        std::vector<at::Tensor> kept;
        const bool keep = total * vocabulary * std::int64_t(sizeof(float)) <= options.keep_bytes;
        at::Tensor logits;  // [n, V]
        for (std::int64_t from = 0; from < total; from += chunk) {
            const std::int64_t n = std::min(chunk, total - from);
            if (keep) logits.reset();
            logits = logits_of(hidden.narrow(0, from, n), head.compute, head.blocked, std::move(logits), chunk_bytes);
            if (keep) kept.push_back(logits);
            float* const entropies_here = with_entropy ? entropies.mutable_data_ptr<float>() + from : nullptr;
            const auto on_cpu = [&] {
                score_rows(logits.const_data_ptr<float>(), targets.const_data_ptr<std::int64_t>() + from, inverse, n,
                           vocabulary, sums.mutable_data_ptr<float>() + from,
                           log_probs.mutable_data_ptr<float>() + from, entropies_here);
            };
            const auto by_kernel = [&] {
                launch(score_logits<float>{.logits = logits.const_data_ptr<float>(),
                                           .vocabulary = vocabulary,
                                           .targets = targets.const_data_ptr<std::int64_t>() + from,
                                           .inverse = inverse,
                                           .sums = sums.mutable_data_ptr<float>() + from,
                                           .log_probs = log_probs.mutable_data_ptr<float>() + from,
                                           .entropies = entropies_here},
                       n, logits.device());
            };
            dispatch(logits.device(), on_cpu, by_kernel, [&] {
                const at::Tensor y = logits * inverse;
                const at::Tensor z = at::logsumexp(y, {1}, true);  // [n, 1]
                sums.narrow(0, from, n).copy_(z.squeeze(1));
                log_probs.narrow(0, from, n)
                    .copy_((y.gather(1, targets.narrow(0, from, n).unsqueeze(1)) - z).squeeze(1));
                if (!with_entropy) return;
                const at::Tensor log_p = y - z;
                entropies.narrow(0, from, n).copy_(-(log_p.exp() * log_p).sum(1));
            });
        }
        context->save_for_backward({hidden, targets, sums, entropies});
        context->saved_data["leaf"] = leaf;
        context->saved_data["compute"] = head.compute;
        context->saved_data["blocked"] = head.blocked;
        context->saved_data["temperature"] = options.temperature;
        context->saved_data["chunk_bytes"] = chunk_bytes;
        context->saved_data["kept"] = kept;
        return {log_probs, entropies};
    }

    static torch::autograd::variable_list backward(context_type* context, torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &hidden = saved[0], &targets = saved[1], &sums = saved[2], &entropies = saved[3];
        const at::Tensor leaf = context->saved_data["leaf"].toTensor();
        const at::Tensor compute = context->saved_data["compute"].toTensor();
        const at::Tensor layout = context->saved_data["blocked"].toTensor();
        std::vector<at::Tensor> kept;  // overwritten below, so a second backward pass computes them again
        if (const auto held = context->saved_data.find("kept"); held != context->saved_data.end()) {
            kept = held->second.toTensorVector();
            context->saved_data.erase(held);
        }
        const auto inverse = static_cast<float>(1.0 / context->saved_data["temperature"].toDouble());
        const std::int64_t total = hidden.size(0), vocabulary = compute.size(0);
        const at::Tensor g_log_prob =
            gradients[0].defined() ? gradients[0].to(at::kFloat).contiguous() : at::zeros_like(sums);
        const bool with_entropy = gradients[1].defined() && gradients[1].numel() > 0;
        const at::Tensor g_entropy = with_entropy ? gradients[1].to(at::kFloat).contiguous() : at::Tensor{};
        const at::Tensor g_hidden = at::empty_like(hidden);
        const std::int64_t chunk_bytes = context->saved_data["chunk_bytes"].toInt();
        const std::int64_t chunk = rows_at_once(vocabulary, bytes_of_logit(hidden), chunk_bytes);
        at::Tensor d, narrow;  // [n, V]: logits, then their gradients; these in the type of products
        for (std::int64_t from = 0; from < total; from += chunk) {
            const std::int64_t n = std::min(chunk, total - from);
            const at::Tensor h = hidden.narrow(0, from, n), sum = sums.narrow(0, from, n);
            const at::Tensor ids = targets.narrow(0, from, n), g = g_log_prob.narrow(0, from, n);
            if (kept.empty()) d = logits_of(h, compute, layout, std::move(d), chunk_bytes);
            else d = std::exchange(kept[static_cast<std::size_t>(from / chunk)], {});
            const float* const entropies_here = with_entropy ? entropies.const_data_ptr<float>() + from : nullptr;
            const float* const g_entropies = with_entropy ? g_entropy.const_data_ptr<float>() + from : nullptr;
            const auto on_cpu = [&] {
                const auto write_to = [&]<class Value>(Value* place) {
                    score_rows_backward(d.mutable_data_ptr<float>(), ids.const_data_ptr<std::int64_t>(), inverse, n,
                                        vocabulary, sum.const_data_ptr<float>(), entropies_here,
                                        g.const_data_ptr<float>(), g_entropies, place);
                };
                if (hidden.scalar_type() != at::kBFloat16) {
                    write_to(d.mutable_data_ptr<float>());
                    return d;
                }
                if (!narrow.defined()) narrow = at::empty({n, vocabulary}, hidden.options());
                at::Tensor gradient = narrow.narrow(0, 0, n);
                write_to(gradient.mutable_data_ptr<at::BFloat16>());
                return gradient;
            };
            const auto by_kernel = [&] {
                launch(score_logits_backward<float>{.logits = d.mutable_data_ptr<float>(),
                                                    .vocabulary = vocabulary,
                                                    .targets = ids.const_data_ptr<std::int64_t>(),
                                                    .inverse = inverse,
                                                    .sums = sum.const_data_ptr<float>(),
                                                    .entropies = entropies_here,
                                                    .g_log_probs = g.const_data_ptr<float>(),
                                                    .g_entropies = g_entropies},
                       n, d.device());
                return d.to(hidden.scalar_type());
            };
            const at::Tensor gradient = dispatch(d.device(), on_cpu, by_kernel, [&] {
                const at::Tensor y = d * inverse - sum.unsqueeze(1);
                at::Tensor others = y.exp() * g.unsqueeze(1);
                if (with_entropy)
                    others = others + y.exp() * (y + entropies.narrow(0, from, n).unsqueeze(1)) *
                                          g_entropy.narrow(0, from, n).unsqueeze(1);
                others = at::scatter(others, 1, ids.unsqueeze(1), 0);
                const at::Tensor all = at::scatter(-others, 1, ids.unsqueeze(1), others.sum(1, true));
                return (all * inverse).to(hidden.scalar_type());
            });
            spread_gradient(gradient, h, compute, g_hidden.narrow(0, from, n),
                            leaf.requires_grad() ? leaf.grad() : at::Tensor{}, chunk_bytes);
        }
        return {g_hidden, at::Tensor{}, at::Tensor{}, at::Tensor{}, at::Tensor{}};
    }
};

/// Throws `aha::error` for a target outside the vocabulary, where the gradient would be written into other memory. Of
/// targets on a GPU, for which it would have to wait, trainers check what they are made of.
inline void require_targets(const at::Tensor& targets, std::int64_t vocabulary) {
    if (!targets.is_cpu()) return;
    const at::Tensor flat = targets.contiguous();
    for (const std::int64_t id : std::span{flat.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(flat.numel())})
        require(id >= 0 && id < vocabulary, "token ", id, " is none of the vocabulary's ", vocabulary, ", from 0");
}

}  // namespace aha::detail::inline AHA_KERNELS_NAMESPACE

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// Log-probs (and entropies) of `targets` from hidden states, chunk by chunk: there is never a tensor of logits for all
/// tokens, forward or backward. The head's gradient is added to `head.weight.grad()` in place. Backward computes each
/// chunk's logits again, which costs a fourth product and saves N x V numbers, unless all of them fit in `keep_bytes`.
/// @param hidden [N, D] in the compute type
/// @param targets [N] int64, each in [0, V); throws `aha::error` for others, except on a GPU
inline token_log_probs compute_log_probs(const at::Tensor& hidden, const lm_head& head, const at::Tensor& targets,
                                         const log_prob_options& options = {}) {
    options.validate();
    require(hidden.dim() == 2 && targets.dim() == 1 && hidden.size(0) == targets.size(0),
            "compute_log_probs needs one hidden row "
            "a target, got ",
            hidden.sizes(), " and ", targets.sizes());
    detail::require_targets(targets, head.compute.size(0));
    const torch::autograd::variable_list scores =
        detail::score_function::apply(hidden.contiguous(), head.weight, head, targets.contiguous(), options);
    return {scores[0], options.entropy ? scores[1] : at::Tensor{}};
}

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
