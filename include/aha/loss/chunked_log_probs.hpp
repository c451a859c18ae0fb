#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/scatter_add.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/fast_exp.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/core/log_sum.hpp>
#include <aha/core/product.hpp>

namespace aha {

/// How `score_tokens` works.
struct score_options {
    double temperature = 1;               ///< divides the logits
    bool entropy = false;                 ///< compute the entropies too
    std::int64_t chunk_bytes = 64 << 20;  ///< of logits at a time; a memory limit, results do not depend on it
    std::int64_t keep_bytes = 0;          ///< logits up to this size in all are kept for the backward pass

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(temperature > 0 && std::isfinite(temperature), "temperature must be positive, not ", temperature);
        require(chunk_bytes > 0, "chunk_bytes must be positive, not ", chunk_bytes);
        require(keep_bytes >= 0, "keep_bytes must be 0 (none) or more, not ", keep_bytes);
    }
};

/// What a model says of given tokens.
struct token_scores {
    at::Tensor log_probs;  ///< [N] float32, log softmax(logits / temperature)[target], differentiable
    at::Tensor entropies;  ///< [N] float32, nats, of the same distribution, differentiable; undefined unless asked for
};

namespace detail {

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

/// Turns a row of logits into the row of their gradients, in place: with y = log p,
/// d log_prob = (onehot - p) / T and d entropy = -p (y + H) / T.
template <class Value>
void score_rows_backward(Value* logits, const std::int64_t* targets, float inverse, std::int64_t rows,
                         std::int64_t vocabulary, const float* sums, const float* entropy, const float* g_log_prob,
                         const float* g_entropy) {
    at::parallel_for(0, rows, 1, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
            Value* row = logits + n * vocabulary;
            const float z = sums[n], g = g_log_prob[n] * inverse;
            const float at_target = inverse * static_cast<float>(row[targets[n]]) - z;
            float target_gradient = g - g * std::exp(at_target);
            if (g_entropy == nullptr) {
                for (std::int64_t i = 0; i < vocabulary; ++i)
                    row[i] = static_cast<Value>(-g * fast_exp(inverse * static_cast<float>(row[i]) - z));
            } else {
                const float h = g_entropy[n] * inverse, mean = entropy[n];
                for (std::int64_t i = 0; i < vocabulary; ++i) {
                    const float y = inverse * static_cast<float>(row[i]) - z;
                    row[i] = static_cast<Value>(-fast_exp(y) * (g + h * (y + mean)));
                }
                target_gradient -= h * std::exp(at_target) * (at_target + mean);
            }
            row[targets[n]] = static_cast<Value>(target_gradient);
        }
    });
}

struct score_function : torch::autograd::Function<score_function> {
    using context_type = torch::autograd::AutogradContext;

    static std::int64_t rows_at_once(std::int64_t vocabulary, std::int64_t element, std::int64_t chunk_bytes) {
        return std::max<std::int64_t>(1, chunk_bytes / (vocabulary * element));
    }

    static torch::autograd::variable_list forward(context_type* context, const at::Tensor& hidden,
                                                  const at::Tensor& leaf, const lm_head& head,
                                                  const at::Tensor& targets, const score_options& options) {
        const bool with_entropy = options.entropy;
        const std::int64_t total = hidden.size(0), vocabulary = head.compute.size(0);
        const at::TensorOptions wide = hidden.options().dtype(at::kFloat);
        const at::Tensor sums = at::empty({total}, wide), log_probs = at::empty({total}, wide);
        const at::Tensor entropies = at::empty({with_entropy ? total : 0}, wide);
        const auto inverse = static_cast<float>(1.0 / options.temperature);
        const std::int64_t chunk = rows_at_once(vocabulary, hidden.element_size(), options.chunk_bytes);
        std::vector<at::Tensor> kept;
        const bool keep = total * vocabulary * hidden.element_size() <= options.keep_bytes;
        for (std::int64_t from = 0; from < total; from += chunk) {
            const std::int64_t n = std::min(chunk, total - from);
            const at::Tensor logits = product(hidden.narrow(0, from, n), head.compute, head.blocked);  // [n, V]
            if (keep) kept.push_back(logits);
            if (logits.is_cpu()) {
                const auto run = [&]<class Value>(const Value* data) {
                    score_rows(data, targets.const_data_ptr<std::int64_t>() + from, inverse, n, vocabulary,
                               sums.mutable_data_ptr<float>() + from, log_probs.mutable_data_ptr<float>() + from,
                               with_entropy ? entropies.mutable_data_ptr<float>() + from : nullptr);
                };
                if (logits.scalar_type() == at::kBFloat16) run(logits.const_data_ptr<at::BFloat16>());
                else run(logits.const_data_ptr<float>());
            } else {
                const at::Tensor y = logits.to(at::kFloat) * inverse;
                const at::Tensor z = at::logsumexp(y, {1}, true);  // [n, 1]
                sums.narrow(0, from, n).copy_(z.squeeze(1));
                log_probs.narrow(0, from, n)
                    .copy_((y.gather(1, targets.narrow(0, from, n).unsqueeze(1)) - z).squeeze(1));
                if (with_entropy) {
                    const at::Tensor log_p = y - z;
                    entropies.narrow(0, from, n).copy_(-(log_p.exp() * log_p).sum(1));
                }
            }
        }
        context->save_for_backward({hidden, targets, sums, entropies});
        context->saved_data["leaf"] = leaf;
        context->saved_data["compute"] = head.compute;
        context->saved_data["blocked"] = head.blocked;
        context->saved_data["temperature"] = options.temperature;
        context->saved_data["chunk_bytes"] = options.chunk_bytes;
        context->saved_data["kept"] = kept;
        return {log_probs, entropies};
    }

    /// Adds `d^T h` to the float32 gradient [V, D]. In another compute type the product needs a tensor of its own: it is
    /// made for as many words at a time as fit in `chunk_bytes`.
    static void add_head_gradient(at::Tensor gradient, const at::Tensor& d, const at::Tensor& h,
                                  std::int64_t chunk_bytes) {
        if (gradient.scalar_type() == d.scalar_type()) {
            gradient.addmm_(d.t(), h);
            return;
        }
        const std::int64_t vocabulary = d.size(1), chunk = rows_at_once(h.size(1), h.element_size(), chunk_bytes);
        for (std::int64_t from = 0; from < vocabulary; from += chunk) {
            const std::int64_t n = std::min(chunk, vocabulary - from);
            gradient.narrow(0, from, n).add_(at::mm(d.narrow(1, from, n).t(), h));
        }
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
        const std::int64_t chunk =
            rows_at_once(vocabulary, hidden.element_size(), context->saved_data["chunk_bytes"].toInt());
        for (std::int64_t from = 0; from < total; from += chunk) {
            const std::int64_t n = std::min(chunk, total - from);
            const at::Tensor h = hidden.narrow(0, from, n), sum = sums.narrow(0, from, n);
            const at::Tensor ids = targets.narrow(0, from, n), g = g_log_prob.narrow(0, from, n);
            at::Tensor d;  // [n, V]: logits, then their gradients
            if (kept.empty()) d = product(h, compute, layout);
            else d = std::exchange(kept[static_cast<std::size_t>(from / chunk)], {});
            if (d.is_cpu()) {
                const auto run = [&]<class Value>(Value* data) {
                    score_rows_backward(
                        data, ids.const_data_ptr<std::int64_t>(), inverse, n, vocabulary, sum.const_data_ptr<float>(),
                        with_entropy ? entropies.const_data_ptr<float>() + from : nullptr, g.const_data_ptr<float>(),
                        with_entropy ? g_entropy.const_data_ptr<float>() + from : nullptr);
                };
                if (d.scalar_type() == at::kBFloat16) run(d.mutable_data_ptr<at::BFloat16>());
                else run(d.mutable_data_ptr<float>());
            } else {
                const at::Tensor y = d.to(at::kFloat) * inverse - sum.unsqueeze(1), p = y.exp();
                at::Tensor wide = -p * g.unsqueeze(1);
                if (with_entropy)
                    wide = wide - p * (y + entropies.narrow(0, from, n).unsqueeze(1)) *
                                      g_entropy.narrow(0, from, n).unsqueeze(1);
                d = (at::scatter_add(wide, 1, ids.unsqueeze(1), g.unsqueeze(1)) * inverse).to(d.scalar_type());
            }
            at::Tensor out = g_hidden.narrow(0, from, n);
            at::mm_out(out, d, compute);
            if (leaf.requires_grad()) add_head_gradient(leaf.grad(), d, h, context->saved_data["chunk_bytes"].toInt());
        }
        return {g_hidden, at::Tensor{}, at::Tensor{}, at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace detail

/// Log-probs (and entropies) of `targets` from hidden states, chunk by chunk: there is never a tensor of logits for all
/// tokens, forward or backward. The head's gradient is added to `head.weight.grad()` in place. Backward computes each
/// chunk's logits again, which costs a fourth product and saves N x V numbers, unless all of them fit in `keep_bytes`.
/// @param hidden [N, D] in the compute type
/// @param targets [N] int64, each in [0, V)
inline token_scores score_tokens(const at::Tensor& hidden, const lm_head& head, const at::Tensor& targets,
                                 const score_options& options = {}) {
    options.validate();
    require(hidden.dim() == 2 && targets.dim() == 1 && hidden.size(0) == targets.size(0),
            "score_tokens needs one hidden row "
            "a target, got ",
            hidden.sizes(), " and ", targets.sizes());
    const torch::autograd::variable_list scores =
        detail::score_function::apply(hidden.contiguous(), head.weight, head, targets.contiguous(), options);
    return {scores[0], options.entropy ? scores[1] : at::Tensor{}};
}

}  // namespace aha
