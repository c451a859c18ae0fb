#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/log_softmax.h>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <torch/csrc/autograd/custom_function.h>
#include <utility>

#include <aha/concepts/divergence.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/loss/divergence_options.hpp>

namespace aha::detail {

/// Rows [from, from + n) of a tensor.
struct row_range {
    std::int64_t from = 0, n = 0;
    at::Tensor of(const at::Tensor& rows) const { return rows.narrow(0, from, n); }
};

/// Calls `body(range)` for chunks of rows whose float32 logits fit in `chunk_bytes`.
template <class Body>
void for_each_chunk(std::int64_t rows, std::int64_t vocabulary, std::int64_t chunk_bytes, Body body) {
    const std::int64_t chunk = score_function::rows_at_once(vocabulary, sizeof(float), chunk_bytes);
    for (std::int64_t from = 0; from < rows; from += chunk) body(row_range{from, std::min(chunk, rows - from)});
}

/// log softmax(logits / temperature) of a few hidden states, over the first `vocabulary` tokens.
/// @param hidden [n, D]
/// @return [n, vocabulary] float32
inline at::Tensor chunk_log_probs(const at::Tensor& hidden, const lm_head& head, std::int64_t vocabulary,
                                  double temperature, std::int64_t chunk_bytes) {
    at::Tensor y =
        score_function::logits_of(hidden, head.compute, head.blocked, {}, chunk_bytes).narrow(1, 0, vocabulary);
    if (temperature != 1) y.mul_(1 / temperature);
    return at::log_softmax(y, 1);
}

/// The divergence of a chunk of rows: from the student's log-probs [n, V] and which rows they are, values [n] and, if
/// asked for, slopes [n, V].
using chunk_divergence = std::function<divergence_output(const at::Tensor& log_q, row_range rows, bool slopes)>;

/// A divergence that can be kept until the backward pass: a copy, or, where it cannot be copied, a reference.
template <divergence Divergence>
auto kept_divergence(const Divergence& d) {
    if constexpr (std::copy_constructible<Divergence>) return d;
    else return std::cref(d);
}

struct diverge_function : torch::autograd::Function<diverge_function> {
    using context_type = torch::autograd::AutogradContext;

    struct held_divergence : torch::CustomClassHolder {
        explicit held_divergence(chunk_divergence d) : call{std::move(d)} {}
        chunk_divergence call;
    };

    static at::Tensor forward(context_type* context, const at::Tensor& hidden, const at::Tensor& leaf,
                              const lm_head& head, std::int64_t vocabulary, const chunk_divergence& divergence,
                              const divergence_options& options) {
        const at::Tensor values = at::empty({hidden.size(0)}, hidden.options().dtype(at::kFloat));
        for_each_chunk(hidden.size(0), vocabulary, options.chunk_bytes, [&](row_range rows) {
            const at::Tensor log_q =
                chunk_log_probs(rows.of(hidden), head, vocabulary, options.temperature, options.chunk_bytes);
            rows.of(values).copy_(divergence(log_q, rows, false).values);
        });
        context->save_for_backward({hidden});
        context->saved_data["leaf"] = leaf;
        context->saved_data["compute"] = head.compute;
        context->saved_data["blocked"] = head.blocked;
        context->saved_data["vocabulary"] = vocabulary;
        context->saved_data["temperature"] = options.temperature;
        context->saved_data["chunk_bytes"] = options.chunk_bytes;
        context->saved_data["divergence"] = c10::IValue::make_capsule(c10::make_intrusive<held_divergence>(divergence));
        return values;
    }

    static torch::autograd::variable_list backward(context_type* context, torch::autograd::variable_list gradients) {
        const auto number = [&](const char* name) { return context->saved_data[name].toInt(); };
        const auto tensor = [&](const char* name) { return context->saved_data[name].toTensor(); };
        const at::Tensor hidden = context->get_saved_variables()[0], leaf = tensor("leaf");
        const lm_head head{leaf, tensor("compute"), tensor("blocked")};
        const std::int64_t vocabulary = number("vocabulary"), chunk_bytes = number("chunk_bytes");
        const double temperature = context->saved_data["temperature"].toDouble();
        const auto held = context->saved_data["divergence"].toCapsule();
        const chunk_divergence& divergence = static_cast<const held_divergence&>(*held).call;
        const at::Tensor rows_of_head = head.compute.narrow(0, 0, vocabulary), g_hidden = at::empty_like(hidden);
        const bool trained = leaf.requires_grad() && leaf.grad().defined();
        const at::Tensor g_head = trained ? leaf.grad().narrow(0, 0, vocabulary) : at::Tensor{};
        const at::Tensor upstream = gradients[0].to(at::kFloat) / temperature;  // [N]
        for_each_chunk(hidden.size(0), vocabulary, chunk_bytes, [&](row_range rows) {
            const at::Tensor h = rows.of(hidden);
            at::Tensor d;  // [n, V]: q times (slope - mean slope under q)
            {
                const at::Tensor log_q = chunk_log_probs(h, head, vocabulary, temperature, chunk_bytes);
                const at::Tensor slopes = divergence(log_q, rows, true).slopes;
                d = at::addcmul(slopes, log_q.exp(), slopes.sum(1, true), -1);
            }
            d = d.mul_(rows.of(upstream).unsqueeze(1)).to(hidden.scalar_type());
            score_function::spread_gradient(d, h, rows_of_head, rows.of(g_hidden), g_head, chunk_bytes);
        });
        return {g_hidden, at::Tensor{}, at::Tensor{}, at::Tensor{}, at::Tensor{}, at::Tensor{}};
    }
};

}  // namespace aha::detail
